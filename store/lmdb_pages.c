#include "store/lmdb_page.h"

#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    /* MDB_page: number 8, pad 2, flags 2, lower 2, upper 2; or pages of a run 4. */
    AT_FLAGS = 10,
    AT_LOWER = 12,
    AT_RUN = 12,
    /* MDB_node: low 2, high 2, flags 2, key's length 2. A branch has its child's number in
     * the first three, a leaf the length of its value in the first two. */
    AT_NODE_FLAGS = 4,
    AT_KEY_BYTES = 6,
    NODE_HEAD = 8,
    /* MDB_meta, behind a page's head. */
    MAGIC_AT = LMDB_PAGE_HEAD,
    TREES_AT = MAGIC_AT + 24,
    LAST_PAGE_AT = TREES_AT + 2 * LMDB_TREE_BYTES,
    TXNID_AT = LAST_PAGE_AT + 8,
    META_END = TXNID_AT + 8,

    BRANCH = 1,
    LEAF = 2,
    OVERFLOW = 4,
    META = 8,
    INTEGER_KEYS = 8,
    DEPTH_MAX = 32, /* what LMDB's cursors hold */
    META_TRIES = 4,
};

static const uint32_t MAGIC = 0xbeefc0de;

/* Meta pages. */

struct lmdb_tree
lmdb_tree_of(const char *at)
{
    return (struct lmdb_tree){
        .flags = number16(at + 4),
        .depth = number16(at + 6),
        .branches = number64(at + 8),
        .leaves = number64(at + 16),
        .overflows = number64(at + 24),
        .entries = number64(at + 32),
        .root = number64(at + 40),
    };
}

bool
lmdb_tree_is_possible(const struct lmdb_tree *tree, uint64_t last_page)
{
    if (tree->root == LMDB_NO_PAGE)
        return true;
    return tree->root >= LMDB_METAS && tree->root <= last_page && tree->depth > 0 &&
           tree->depth <= DEPTH_MAX;
}

static bool
is_page_size(uint32_t bytes)
{
    return bytes >= 512 && bytes <= 65536 && (bytes & (bytes - 1)) == 0;
}

/* `at` holds META_END octets. */
static const char *
meta_fault(const char *at, uint64_t page, uint64_t file_bytes)
{
    const struct lmdb_tree unused = lmdb_tree_of(at + TREES_AT);
    const struct lmdb_tree main = lmdb_tree_of(at + TREES_AT + LMDB_TREE_BYTES);
    const uint64_t last_page = number64(at + LAST_PAGE_AT);
    const uint32_t page_bytes = number32(at + TREES_AT);

    if (number16(at + AT_FLAGS) != META || number64(at) != page)
        return "a meta page is none";
    if (number32(at + MAGIC_AT) != MAGIC || number32(at + MAGIC_AT + 4) != 1)
        return "a meta page is not of LMDB 0.9";
    if (!is_page_size(page_bytes))
        return "a meta page has no size of pages";
    /* A commit may end behind the file where its last pages were given back. */
    if (last_page < 1 || last_page / 2 > file_bytes / page_bytes + UINT16_MAX)
        return "a meta page has pages behind the end of the file";
    if ((unused.flags & LMDB_KINDS) != INTEGER_KEYS || (main.flags & LMDB_KINDS) != 0)
        return "a meta page has tables of another kind";
    if (!lmdb_tree_is_possible(&unused, last_page) ||
        !lmdb_tree_is_possible(&main, last_page))
        return "a meta page leads nowhere";
    return NULL;
}

/* LMDB takes the first one's size of pages to find the second. */
static const char *
metas_fault(int fd)
{
    char first[META_END], second[META_END];
    struct stat st;
    const char *fault;

    if (fstat(fd, &st) != 0 || pread(fd, first, META_END, 0) != META_END)
        return "its meta pages cannot be read";
    fault = meta_fault(first, 0, (uint64_t)st.st_size);
    if (fault != NULL)
        return fault;
    if (pread(fd, second, META_END, number32(first + TREES_AT)) != META_END)
        return "its second meta page cannot be read";
    fault = meta_fault(second, 1, (uint64_t)st.st_size);
    if (fault == NULL && number32(first + TREES_AT) != number32(second + TREES_AT))
        fault = "its meta pages contradict each other";
    return fault;
}

/* A server may be writing one of them at this moment. */
const char *
lmdb_metas_fault(int fd)
{
    const char *fault = NULL;

    for (int i = 0; i < META_TRIES; i++) {
        fault = metas_fault(fd);
        if (fault == NULL)
            return NULL;
    }
    return fault;
}

/* The view. */

static bool
take_meta(struct lmdb_view *view, uint64_t txnid, uint64_t file_bytes)
{
    char meta[META_END], again[META_END];
    uint64_t page_bytes = number32(view->map + TREES_AT);
    const char *at;

    if (!is_page_size((uint32_t)page_bytes) || view->mapped < 2 * page_bytes)
        return false;
    at = view->map + (txnid % LMDB_METAS) * page_bytes;
    memcpy(meta, at, sizeof meta);
    if (meta_fault(meta, txnid % LMDB_METAS, file_bytes) != NULL ||
        number64(meta + TXNID_AT) != txnid)
        return false;
    memcpy(again, at, sizeof again);
    view->page_bytes = page_bytes;
    view->last_page = number64(meta + LAST_PAGE_AT);
    view->free = lmdb_tree_of(meta + TREES_AT);
    view->main = lmdb_tree_of(meta + TREES_AT + LMDB_TREE_BYTES);
    return memcmp(meta, again, sizeof meta) == 0;
}

void
lmdb_view_close(struct lmdb_view *view)
{
    if (view->map != NULL)
        munmap((void *)(uintptr_t)view->map, view->mapped);
    view->map = NULL;
}

bool
lmdb_view_open(struct lmdb_view *view, int fd, uint64_t txnid)
{
    struct stat st;
    void *map;

    if (fstat(fd, &st) != 0 || st.st_size < LMDB_METAS * META_END)
        return false;
    if (view->map != NULL && view->mapped == (size_t)st.st_size)
        return take_meta(view, txnid, (uint64_t)st.st_size);
    lmdb_view_close(view);
    map = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_SHARED, fd, 0);
    if (map == MAP_FAILED)
        return false;
    view->map = map;
    view->mapped = (size_t)st.st_size;
    return take_meta(view, txnid, (uint64_t)st.st_size);
}

/* Pages. */

const char *
lmdb_page_at(const struct lmdb_view *view, uint64_t page, uint64_t count,
             const char **why)
{
    if (page < LMDB_METAS || page > view->last_page ||
        count > view->last_page - page + 1) {
        *why = "is no page of the file";
        return NULL;
    }
    if (page + count > view->mapped / view->page_bytes) {
        *why = "lies behind the end of the file: it was cut short";
        return NULL;
    }
    return view->map + page * view->page_bytes;
}

uint32_t
lmdb_page_count(const char *page)
{
    return (uint32_t)(number16(page + AT_LOWER) - LMDB_PAGE_HEAD) / 2;
}

bool
lmdb_node_at(const struct lmdb_view *view, const char *page, uint32_t i, bool is_leaf,
             struct lmdb_node *out)
{
    const size_t at = number16(page + LMDB_PAGE_HEAD + 2 * i);
    const char *node = page + at;
    size_t room, key_bytes, in_page;

    if (at < number16(page + LMDB_AT_UPPER) || at % 2 != 0 ||
        at + NODE_HEAD > view->page_bytes)
        return false;
    room = view->page_bytes - at - NODE_HEAD;
    key_bytes = number16(node + AT_KEY_BYTES);
    *out = (struct lmdb_node){ .flags = number16(node + AT_NODE_FLAGS) };
    out->value_bytes = number16(node) | (uint64_t)number16(node + 2) << 16;
    out->child = out->value_bytes | (uint64_t)out->flags << 32;
    in_page = out->flags & LMDB_BIG_VALUE ? LMDB_NUMBER_BYTES : (size_t)out->value_bytes;
    if (!is_leaf)
        in_page = 0;
    if (key_bytes > LMDB_KEY_MAX || key_bytes > room || in_page > room - key_bytes)
        return false;
    out->key = slice_of(node + NODE_HEAD, key_bytes);
    out->value = node + NODE_HEAD + key_bytes;
    out->bytes = (NODE_HEAD + key_bytes + in_page + 1) / 2 * 2;
    return true;
}

const char *
lmdb_page_fault(const struct lmdb_view *view, const char *page, uint64_t number,
                bool is_leaf)
{
    const uint16_t lower = number16(page + AT_LOWER),
                   upper = number16(page + LMDB_AT_UPPER);

    if (number64(page) != number)
        return "has another page's number";
    if (number16(page + AT_FLAGS) != (is_leaf ? LEAF : BRANCH))
        return is_leaf ? "should be a leaf" : "should be a branch";
    if (lower < LMDB_PAGE_HEAD || lower % 2 != 0 || lower > upper ||
        upper > view->page_bytes)
        return "has bounds that are wrong";
    /* LMDB merges a branch with one child, and empties no leaf. */
    if (lmdb_page_count(page) < (is_leaf ? 1 : 2))
        return "has too few entries";
    return NULL;
}

int
lmdb_compare(struct slice a, struct slice b)
{
    size_t len = a.len < b.len ? a.len : b.len;
    int order = len == 0 ? 0 : memcmp(a.at, b.at, len);

    return order != 0 ? order : (a.len > b.len) - (a.len < b.len);
}

const char *
lmdb_run_at(const struct lmdb_view *view, const struct lmdb_node *node, uint64_t *first,
            uint64_t *count, const char **why)
{
    const uint64_t needed =
        (LMDB_PAGE_HEAD - 1 + node->value_bytes) / view->page_bytes + 1;
    const char *page;

    *first = number64(node->value);
    page = lmdb_page_at(view, *first, 1, why);
    if (page == NULL)
        return NULL;
    *count = number32(page + AT_RUN);
    if (number64(page) == *first && number16(page + AT_FLAGS) == OVERFLOW &&
        *count >= needed)
        return lmdb_page_at(view, *first, *count, why);
    *why = "should begin a long value";
    return NULL;
}
