/* The check of all pages: each is in use once or free once, and says what it is. */
#include "store/lmdb_page.h"

#include <stdio.h>
#include <stdlib.h>

struct checking {
    const struct lmdb_view *view;
    bool leaves;
    void *visitor;
    lmdb_fault *fault;
    unsigned char *seen; /* owned; a bit for each page */
    const char *table;
    const struct lmdb_tree *tree;
    struct lmdb_tree counted;
    bool is_incomplete; /* of this tree not all was seen */
    int (*order)(struct slice a, struct slice b);
};

static void
tell(struct checking *c, uint64_t page, const char *what)
{
    c->is_incomplete = true;
    c->fault(c->visitor, c->table, page, what, true);
}

/* False where one of them was met before. */
static bool
see(struct checking *c, uint64_t first, uint64_t count)
{
    bool fresh = true;

    for (uint64_t page = first; page < first + count; page++) {
        fresh = fresh && (c->seen[page / 8] >> page % 8 & 1) == 0;
        c->seen[page / 8] = (unsigned char)(c->seen[page / 8] | 1 << page % 8);
    }
    return fresh;
}

/* LMDB's table of free pages: a list for each transaction, led by its length, the highest
 * page first. */
static void
check_free_list(struct checking *c, uint64_t page, struct slice key, struct slice list)
{
    uint64_t count, before = UINT64_MAX;
    bool is_wrong = false;

    if (key.len != LMDB_NUMBER_BYTES || list.len < LMDB_NUMBER_BYTES)
        count = UINT64_MAX;
    else
        count = number64(list.at);
    if (count > list.len / LMDB_NUMBER_BYTES - 1) {
        tell(c, page, "has a list of free pages that is none");
        return;
    }
    for (uint64_t i = 1; i <= count && !is_wrong; i++) {
        uint64_t unused = number64(list.at + LMDB_NUMBER_BYTES * i);

        is_wrong = unused < LMDB_METAS || unused > c->view->last_page || unused >= before;
        if (is_wrong)
            tell(c, page, "frees what is no page of the file");
        else if (!see(c, unused, 1))
            tell(c, unused, "is free twice, or free and in use");
        before = unused;
    }
}

static void
check_value(struct checking *c, uint64_t page, const struct lmdb_node *node)
{
    struct slice value = slice_of(node->value, (size_t)node->value_bytes);
    uint64_t first, count;
    const char *run, *why;

    if (node->flags == LMDB_BIG_VALUE) {
        run = lmdb_run_at(c->view, node, &first, &count, &why);
        if (run == NULL) {
            tell(c, number64(node->value), why);
            return;
        }
        c->counted.overflows += count;
        if (!see(c, first, count))
            tell(c, first, "is in use twice, or free and in use");
        value = slice_of(run + LMDB_PAGE_HEAD, (size_t)node->value_bytes);
    } else if (node->flags != 0 &&
               (node->flags != LMDB_TREE_VALUE || c->tree != &c->view->main)) {
        tell(c, page, "has an entry of an unknown kind");
        return;
    }
    if (c->tree == &c->view->free)
        check_free_list(c, page, node->key, value);
    if (c->tree == &c->view->main && node->flags != LMDB_TREE_VALUE)
        tell(c, page, "has an entry that is no table");
}

/* Keys ascend, from `low` on, and below `high`, where these are given. */
static const char *
order_fault(struct checking *c, const struct lmdb_node *node, uint32_t i, bool is_leaf,
            struct slice before, struct slice low, struct slice high)
{
    if (!is_leaf && i == 0) /* it stands for all that is below the next one */
        return NULL;
    if ((!slice_is_absent(before) && c->order(before, node->key) >= 0) ||
        (!slice_is_absent(low) && c->order(low, node->key) > 0) ||
        (!slice_is_absent(high) && c->order(node->key, high) >= 0))
        return "has keys that are not in order";
    return NULL;
}

/* All nodes of a page whose head is right, as such. */
static const char *
nodes_fault(struct checking *c, const char *page, bool is_leaf, struct slice low,
            struct slice high)
{
    const uint32_t count = lmdb_page_count(page);
    struct slice before = slice_absent();
    size_t bytes = 0;
    struct lmdb_node node;

    for (uint32_t i = 0; i < count; i++) {
        const char *fault;

        if (!lmdb_node_at(c->view, page, i, is_leaf, &node))
            return "has an entry that is not within";
        if (c->tree == &c->view->free && node.key.len != LMDB_NUMBER_BYTES &&
            (is_leaf || i > 0))
            return "has a key that is no number";
        fault = order_fault(c, &node, i, is_leaf, before, low, high);
        if (fault != NULL)
            return fault;
        if (is_leaf || i > 0)
            before = node.key;
        bytes += node.bytes;
    }
    return bytes == c->view->page_bytes - number16(page + LMDB_AT_UPPER)
               ? NULL
               : "has entries that are not as long as they say";
}

static void
check_subtree(struct checking *c, uint64_t number, uint16_t level, struct slice low,
              struct slice high);

static void
check_children(struct checking *c, const char *page, uint16_t level, struct slice low,
               struct slice high)
{
    const uint32_t count = lmdb_page_count(page);
    struct lmdb_node node, next;

    for (uint32_t i = 0; i < count; i++) {
        bool is_last = i + 1 == count;

        lmdb_node_at(c->view, page, i, false, &node);
        if (!is_last)
            lmdb_node_at(c->view, page, i + 1, false, &next);
        check_subtree(c, node.child, (uint16_t)(level + 1), i == 0 ? low : node.key,
                      is_last ? high : next.key);
    }
}

static void
check_leaf(struct checking *c, const char *page, uint64_t number)
{
    const uint32_t count = lmdb_page_count(page);
    struct lmdb_node node;

    c->counted.leaves++;
    c->counted.entries += count;
    for (uint32_t i = 0; i < count; i++) {
        lmdb_node_at(c->view, page, i, true, &node);
        check_value(c, number, &node);
    }
}

static void
check_subtree(struct checking *c, uint64_t number, uint16_t level, struct slice low,
              struct slice high)
{
    bool is_leaf = level == c->tree->depth;
    const char *fault = NULL, *page = lmdb_page_at(c->view, number, 1, &fault);

    if (page != NULL && !see(c, number, 1)) {
        tell(c, number, "is in use twice, or free and in use");
        return;
    }
    if (page != NULL && is_leaf && level > 1 && !c->leaves)
        return;
    if (page != NULL)
        fault = lmdb_page_fault(c->view, page, number, is_leaf);
    if (fault == NULL)
        fault = nodes_fault(c, page, is_leaf, low, high);
    if (fault != NULL) {
        tell(c, number, fault);
        return;
    }
    if (is_leaf) {
        check_leaf(c, page, number);
        return;
    }
    c->counted.branches++;
    check_children(c, page, level, low, high);
}

/* Keys of the free list are numbers of this machine. */
static int
compare_numbers(struct slice a, struct slice b)
{
    uint64_t left = 0, right = 0;

    if (a.len == LMDB_NUMBER_BYTES)
        left = number64(a.at);
    if (b.len == LMDB_NUMBER_BYTES)
        right = number64(b.at);
    return (left > right) - (left < right);
}

static void
check_tree(struct checking *c, const char *name, const struct lmdb_tree *tree)
{
    const bool all = c->leaves || tree == &c->view->free || tree == &c->view->main;
    const bool leaves = c->leaves;

    c->table = name;
    c->tree = tree;
    c->counted = (struct lmdb_tree){ 0 };
    c->is_incomplete = false;
    c->order = tree == &c->view->free ? compare_numbers : lmdb_compare;
    if (!lmdb_tree_is_possible(tree, c->view->last_page)) {
        tell(c, 0, "leads nowhere");
        return;
    }
    if (tree->root == LMDB_NO_PAGE)
        return;
    c->leaves = all;
    check_subtree(c, tree->root, 1, slice_absent(), slice_absent());
    c->leaves = leaves;
    if (all && !c->is_incomplete &&
        (c->counted.entries != tree->entries || c->counted.branches != tree->branches ||
         c->counted.leaves != tree->leaves || c->counted.overflows != tree->overflows))
        c->fault(c->visitor, name, 0,
                 "has other numbers of entries or pages than it says", false);
}

static bool
check_table(void *visitor, struct slice key, struct slice value)
{
    struct checking *c = visitor;
    char name[LMDB_KEY_MAX + 1];
    struct lmdb_tree tree;

    snprintf(name, sizeof name, "%.*s", SLICE_ARG(key));
    if (value.len != LMDB_TREE_BYTES)
        return true;
    tree = lmdb_tree_of(value.at);
    if ((tree.flags & LMDB_KINDS) != 0) {
        c->table = name;
        tell(c, 0, "is a table of another kind");
        return true;
    }
    check_tree(c, name, &tree);
    return true;
}

bool
lmdb_view_check(const struct lmdb_view *view, bool leaves, void *visitor,
                lmdb_fault *fault)
{
    struct checking c = {
        .view = view, .leaves = leaves, .visitor = visitor, .fault = fault
    };

    c.seen = calloc(1, view->last_page / 8 + 1);
    if (c.seen == NULL)
        return false;
    check_tree(&c, "free pages", &view->free);
    check_tree(&c, "tables", &view->main);
    lmdb_tree_walk(view, &view->main, slice_absent(), &c, check_table);
    free(c.seen);
    return true;
}
