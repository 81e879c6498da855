/* lmdb_page - one page of LMDB's file and what is on it, for the files of lmdb_pages.
 *
 * Nothing is read before it is known to lie in the page, and the page in the file. */
#ifndef STORE_LMDB_PAGE_H
#define STORE_LMDB_PAGE_H

#include "store/lmdb_pages.h"

enum {
    LMDB_METAS = 2,
    LMDB_PAGE_HEAD = 16,
    LMDB_AT_UPPER = 14, /* of a page: where its entries begin; they end with it */
    LMDB_KEY_MAX = 511,
    LMDB_NUMBER_BYTES = 8,
    LMDB_TREE_BYTES = 48, /* MDB_db */
    LMDB_BIG_VALUE = 1,   /* flags of a node: the value has pages of its own */
    LMDB_TREE_VALUE = 2,  /* the value is a table */
    LMDB_KINDS = 0xff,    /* flags of a tree that change how it is read */
};

struct lmdb_node {
    struct slice key;
    uint64_t child;       /* of a branch */
    uint16_t flags;       /* of a leaf, as all below */
    uint64_t value_bytes; /* also of one that lies elsewhere */
    const char *value;    /* in the page */
    size_t bytes;         /* that the node takes */
};

static inline uint16_t
number16(const char *at)
{
    uint16_t n;

    memcpy(&n, at, sizeof n);
    return n;
}

static inline uint32_t
number32(const char *at)
{
    uint32_t n;

    memcpy(&n, at, sizeof n);
    return n;
}

static inline uint64_t
number64(const char *at)
{
    uint64_t n;

    memcpy(&n, at, sizeof n);
    return n;
}

struct lmdb_tree
lmdb_tree_of(const char *at);

bool
lmdb_tree_is_possible(const struct lmdb_tree *tree, uint64_t last_page);

/* NULL and *why where those pages are not all in the file. */
const char *
lmdb_page_at(const struct lmdb_view *view, uint64_t page, uint64_t count,
             const char **why);

/* What is wrong with the head of a page; NULL: nothing. */
const char *
lmdb_page_fault(const struct lmdb_view *view, const char *page, uint64_t number,
                bool is_leaf);

/* Entries of a page whose head is right. */
uint32_t
lmdb_page_count(const char *page);

/* The i-th of them. False: it is not within the page. */
bool
lmdb_node_at(const struct lmdb_view *view, const char *page, uint32_t i, bool is_leaf,
             struct lmdb_node *out);

/* The pages of a value that has pages of its own, at least as many as it needs; NULL and *why where they are wrong. */
const char *
lmdb_run_at(const struct lmdb_view *view, const struct lmdb_node *node, uint64_t *first,
            uint64_t *count, const char **why);

/* In the order of keys. */
int
lmdb_compare(struct slice a, struct slice b);

#endif
