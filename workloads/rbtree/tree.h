/* tree: a red-black tree of nodes on the heap, from the textbook (Cormen, Leiserson, Rivest and
 * Stein, "Introduction to Algorithms", chapter 13).
 *
 * Owns the nodes and their order. Keys are unique. A node carries a value that is made from its
 * key, so that every visit can tell whether the node is still what it was. Only one thread may use
 * a tree.
 *
 * Invariant (tree_errors() counts what breaks it): keys ascend from left to right; the root is
 * black; a red node has black children; every way from the root to a leaf meets as many black
 * nodes; every node is its children's parent. */
#ifndef WORKLOADS_RBTREE_TREE_H
#define WORKLOADS_RBTREE_TREE_H

#include <stdbool.h>
#include <stdint.h>

struct node {
    struct node *left, *right, *parent;
    uint64_t value, key;
    uint32_t red;
};

struct tree {
    struct node *root; /* &nil when empty */
    /* Stands for every leaf and the root's parent. Black. Its parent is scratch of a removal. */
    struct node nil;
    uint64_t count;
};

void tree_start(struct tree *tree);

/* The value that belongs to a key. */
uint64_t tree_value(uint64_t key);

/* Allocates a node. The key must not be there. */
void tree_insert(struct tree *tree, uint64_t key);

/* Frees the key's node; false if there is none, or if its value was wrong. */
bool tree_remove(struct tree *tree, uint64_t key);

/* Frees every node; the tree is empty then. Returns how many had a wrong value. */
uint64_t tree_drop(struct tree *tree);

/* NULL if the key is not there. */
const struct node *tree_find(const struct tree *tree, uint64_t key);

/* In order of the keys; NULL when there is none (any more). */
const struct node *tree_first(const struct tree *tree);
const struct node *tree_next(const struct tree *tree, const struct node *node);

/* How many nodes break the invariant or have a wrong value, and whether the count is wrong. Walks
 * the whole tree. */
uint64_t tree_errors(const struct tree *tree);

#endif
