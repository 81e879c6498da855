/* Walks over the entries of a table, and look-ups of one. */
#include "store/lmdb_page.h"

struct walk {
    const struct lmdb_view *view;
    const struct lmdb_tree *tree;
    struct slice from;
    void *visitor;
    bool (*take)(void *visitor, struct slice key, struct slice value);
    uint64_t pages_left; /* a tree that leads back into itself ends, too */
    bool has_passed_over;
};

/* A page as walks may use it; NULL: damaged. */
static const char *
good_page(const struct lmdb_view *view, uint64_t number, bool is_leaf)
{
    const char *why, *page = lmdb_page_at(view, number, 1, &why);

    return page == NULL || lmdb_page_fault(view, page, number, is_leaf) != NULL ? NULL
                                                                                : page;
}

static bool
value_of(const struct lmdb_view *view, const struct lmdb_node *node, struct slice *out)
{
    uint64_t first, count;
    const char *run, *why;

    if (node->flags != LMDB_BIG_VALUE) {
        *out = slice_of(node->value, (size_t)node->value_bytes);
        return (node->flags & LMDB_BIG_VALUE) == 0;
    }
    run = lmdb_run_at(view, node, &first, &count, &why);
    if (run == NULL)
        return false;
    *out = slice_of(run + LMDB_PAGE_HEAD, (size_t)node->value_bytes);
    return true;
}

static bool
walk_leaf(struct walk *w, const char *page)
{
    const uint32_t count = lmdb_page_count(page);
    struct slice value;
    struct lmdb_node node;

    for (uint32_t i = 0; i < count; i++) {
        if (!lmdb_node_at(w->view, page, i, true, &node)) {
            w->has_passed_over = true;
            continue;
        }
        if (lmdb_compare(node.key, w->from) < 0)
            continue;
        if (!value_of(w->view, &node, &value))
            w->has_passed_over = true;
        else if (!w->take(w->visitor, node.key, value))
            return false;
    }
    return true;
}

static bool
walk_subtree(struct walk *w, uint64_t number, uint16_t level)
{
    bool is_leaf = level == w->tree->depth;
    const char *page = good_page(w->view, number, is_leaf);
    struct lmdb_node node, next;
    uint32_t count;

    if (page == NULL || w->pages_left == 0) {
        w->has_passed_over = true;
        return page == NULL;
    }
    w->pages_left--;
    if (is_leaf)
        return walk_leaf(w, page);
    count = lmdb_page_count(page);
    for (uint32_t i = 0; i < count; i++) {
        bool is_before = i + 1 < count &&
                         lmdb_node_at(w->view, page, i + 1, false, &next) &&
                         lmdb_compare(next.key, w->from) <= 0;

        if (is_before)
            continue;
        if (!lmdb_node_at(w->view, page, i, false, &node))
            w->has_passed_over = true;
        else if (!walk_subtree(w, node.child, (uint16_t)(level + 1)))
            return false;
    }
    return true;
}

bool
lmdb_tree_walk(const struct lmdb_view *view, const struct lmdb_tree *tree,
               struct slice from, void *visitor,
               bool (*take)(void *visitor, struct slice key, struct slice value))
{
    struct walk w = { .view = view,
                      .tree = tree,
                      .from = from,
                      .visitor = visitor,
                      .take = take,
                      .pages_left = view->last_page };

    if (!lmdb_tree_is_possible(tree, view->last_page))
        return false;
    if (tree->root != LMDB_NO_PAGE)
        walk_subtree(&w, tree->root, 1);
    return !w.has_passed_over;
}

/* The last node whose key is not above; of a branch at least the first. False: a node on
 * the way is damaged, or *out would be before the first of a leaf: then *none. */
static bool
find_node(const struct lmdb_view *view, const char *page, bool is_leaf, struct slice key,
          struct lmdb_node *out, bool *none)
{
    uint32_t low = is_leaf ? 0 : 1, high = lmdb_page_count(page);

    while (low < high) {
        uint32_t middle = (low + high) / 2;

        if (!lmdb_node_at(view, page, middle, is_leaf, out))
            return false;
        if (lmdb_compare(out->key, key) <= 0)
            low = middle + 1;
        else
            high = middle;
    }
    *none = low == 0;
    return low > 0 && lmdb_node_at(view, page, low - 1, is_leaf, out);
}

enum lmdb_found
lmdb_tree_get(const struct lmdb_view *view, const struct lmdb_tree *tree,
              struct slice key, struct slice *value)
{
    uint64_t number = tree->root;
    bool none = false;
    struct lmdb_node node;

    if (tree->root == LMDB_NO_PAGE)
        return LMDB_ABSENT;
    for (uint16_t level = 1; level <= tree->depth; level++) {
        bool is_leaf = level == tree->depth;
        const char *page = good_page(view, number, is_leaf);

        if (page == NULL)
            return LMDB_UNKNOWN;
        if (!find_node(view, page, is_leaf, key, &node, &none))
            return none ? LMDB_ABSENT : LMDB_UNKNOWN;
        number = node.child;
    }
    if (!slice_equal(node.key, key))
        return LMDB_ABSENT;
    return value_of(view, &node, value) ? LMDB_FOUND : LMDB_UNKNOWN;
}

bool
lmdb_view_table(const struct lmdb_view *view, struct slice name, struct lmdb_tree *out)
{
    struct slice value;

    if (lmdb_tree_get(view, &view->main, name, &value) != LMDB_FOUND ||
        value.len != LMDB_TREE_BYTES)
        return false;
    *out = lmdb_tree_of(value.at);
    return (out->flags & LMDB_KINDS) == 0 && lmdb_tree_is_possible(out, view->last_page);
}
