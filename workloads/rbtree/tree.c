#include "workloads/rbtree/tree.h"

#include <assert.h>
#include <stdlib.h>

#include "workloads/probe.h"
#include "workloads/rng.h"

void tree_start(struct tree *tree)
{
    *tree = (struct tree){.count = 0};
    tree->nil.left = tree->nil.right = tree->nil.parent = &tree->nil;
    tree->root = &tree->nil;
}

uint64_t tree_value(uint64_t key)
{
    return rng_mix(key ^ RNG_STEP);
}

static struct node *make_node(struct tree *tree, uint64_t key)
{
    struct node *node = malloc(sizeof *node);
    if (__builtin_expect(!node, 0)) {
        probe_out_of_memory(sizeof *node);
    }
    *node = (struct node){.left = &tree->nil,
                          .right = &tree->nil,
                          .parent = &tree->nil,
                          .value = tree_value(key),
                          .key = key,
                          .red = true};
    return node;
}

/* Puts `with` where `node` hangs below its parent. */
static void replace(struct tree *tree, struct node *node, struct node *with)
{
    struct node *parent = node->parent;
    if (parent == &tree->nil) {
        tree->root = with;
    } else if (parent->left == node) {
        parent->left = with;
    } else {
        parent->right = with;
    }
    with->parent = parent;
}

static void rotate_left(struct tree *tree, struct node *node)
{
    struct node *up = node->right;
    node->right = up->left;
    if (up->left != &tree->nil) {
        up->left->parent = node;
    }
    replace(tree, node, up);
    up->left = node;
    node->parent = up;
}

static void rotate_right(struct tree *tree, struct node *node)
{
    struct node *up = node->left;
    node->left = up->right;
    if (up->right != &tree->nil) {
        up->right->parent = node;
    }
    replace(tree, node, up);
    up->right = node;
    node->parent = up;
}

/* The node is red; its parent may be, too, which is then the only thing that is wrong. */
static void repair_insert(struct tree *tree, struct node *node)
{
    while (node->parent->red) {
        struct node *parent = node->parent, *grandparent = parent->parent;
        bool on_left = parent == grandparent->left;
        struct node *uncle = on_left ? grandparent->right : grandparent->left;
        if (uncle->red) {
            parent->red = uncle->red = false;
            grandparent->red = true;
            node = grandparent;
            continue;
        }
        if (on_left && node == parent->right) {
            rotate_left(tree, parent);
            parent = node;
        } else if (!on_left && node == parent->left) {
            rotate_right(tree, parent);
            parent = node;
        }
        parent->red = false;
        grandparent->red = true;
        if (on_left) {
            rotate_right(tree, grandparent);
        } else {
            rotate_left(tree, grandparent);
        }
        break;
    }
    tree->root->red = false;
}

void tree_insert(struct tree *tree, uint64_t key)
{
    struct node *node = make_node(tree, key), *parent = &tree->nil;
    struct node **link = &tree->root;
    while (*link != &tree->nil) {
        parent = *link;
        assert(key != parent->key);
        link = key < parent->key ? &parent->left : &parent->right;
    }
    *link = node;
    node->parent = parent;
    tree->count++;
    repair_insert(tree, node);
}

const struct node *tree_find(const struct tree *tree, uint64_t key)
{
    const struct node *node = tree->root;
    while (node != &tree->nil) {
        if (key == node->key) {
            return node;
        }
        node = key < node->key ? node->left : node->right;
    }
    return NULL;
}

/* One step of the repair with the node as a left child; returns where the lack of a black node is
 * then: at the root when it is gone. */
static struct node *repair_left(struct tree *tree, struct node *node)
{
    struct node *parent = node->parent, *sibling = parent->right;
    if (sibling->red) {
        sibling->red = false;
        parent->red = true;
        rotate_left(tree, parent);
        sibling = parent->right;
    }
    if (!sibling->left->red && !sibling->right->red) {
        sibling->red = true;
        return parent;
    }
    if (!sibling->right->red) {
        sibling->left->red = false;
        sibling->red = true;
        rotate_right(tree, sibling);
        sibling = parent->right;
    }
    sibling->red = parent->red;
    parent->red = false;
    sibling->right->red = false;
    rotate_left(tree, parent);
    return tree->root;
}

static struct node *repair_right(struct tree *tree, struct node *node)
{
    struct node *parent = node->parent, *sibling = parent->left;
    if (sibling->red) {
        sibling->red = false;
        parent->red = true;
        rotate_right(tree, parent);
        sibling = parent->left;
    }
    if (!sibling->left->red && !sibling->right->red) {
        sibling->red = true;
        return parent;
    }
    if (!sibling->left->red) {
        sibling->right->red = false;
        sibling->red = true;
        rotate_left(tree, sibling);
        sibling = parent->left;
    }
    sibling->red = parent->red;
    parent->red = false;
    sibling->left->red = false;
    rotate_right(tree, parent);
    return tree->root;
}

/* Every way through the node, which may be nil, lacks one black node. */
static void repair_remove(struct tree *tree, struct node *node)
{
    while (node != tree->root && !node->red) {
        node = node == node->parent->left ? repair_left(tree, node) : repair_right(tree, node);
    }
    node->red = false;
}

static void unlink_node(struct tree *tree, struct node *node)
{
    struct node *child;
    bool lost_black = !node->red;
    if (node->left == &tree->nil || node->right == &tree->nil) {
        child = node->left == &tree->nil ? node->right : node->left;
        replace(tree, node, child);
    } else {
        struct node *next = node->right;
        while (next->left != &tree->nil) {
            next = next->left;
        }
        lost_black = !next->red;
        child = next->right;
        if (next->parent == node) {
            child->parent = next; /* even if it is nil: the repair starts from there */
        } else {
            replace(tree, next, child);
            next->right = node->right;
            next->right->parent = next;
        }
        replace(tree, node, next);
        next->left = node->left;
        next->left->parent = next;
        next->red = node->red;
    }
    if (lost_black) {
        repair_remove(tree, child);
    }
}

bool tree_remove(struct tree *tree, uint64_t key)
{
    struct node *node = tree->root;
    while (node != &tree->nil && node->key != key) {
        node = key < node->key ? node->left : node->right;
    }
    if (node == &tree->nil) {
        return false;
    }
    bool intact = node->value == tree_value(key);
    unlink_node(tree, node);
    free(node);
    tree->count--;
    return intact;
}

/* Children before parents, so that nothing is rebalanced and no stack is needed. */
uint64_t tree_drop(struct tree *tree)
{
    uint64_t errors = 0;
    struct node *node = tree->root;
    while (node != &tree->nil) {
        if (node->left != &tree->nil) {
            node = node->left;
        } else if (node->right != &tree->nil) {
            node = node->right;
        } else {
            struct node *parent = node->parent;
            errors += node->value != tree_value(node->key);
            replace(tree, node, &tree->nil);
            free(node);
            node = parent;
            tree->count--;
        }
    }
    return errors;
}

const struct node *tree_first(const struct tree *tree)
{
    const struct node *node = tree->root;
    if (node == &tree->nil) {
        return NULL;
    }
    while (node->left != &tree->nil) {
        node = node->left;
    }
    return node;
}

const struct node *tree_next(const struct tree *tree, const struct node *node)
{
    if (node->right != &tree->nil) {
        node = node->right;
        while (node->left != &tree->nil) {
            node = node->left;
        }
        return node;
    }
    const struct node *parent = node->parent;
    while (parent != &tree->nil && node == parent->right) {
        node = parent;
        parent = parent->parent;
    }
    return parent != &tree->nil ? parent : NULL;
}

/* Black nodes from the node up to the root. */
static unsigned black_height(const struct tree *tree, const struct node *node)
{
    unsigned height = 0;
    for (; node != &tree->nil; node = node->parent) {
        height += !node->red;
    }
    return height;
}

static uint64_t node_errors(const struct tree *tree, const struct node *node, unsigned height)
{
    const struct node *left = node->left, *right = node->right, *nil = &tree->nil;
    uint64_t errors = node->value != tree_value(node->key);
    errors += node->red && (left->red || right->red);
    errors += left != nil && left->parent != node;
    errors += right != nil && right->parent != node;
    errors += (left == nil || right == nil) && black_height(tree, node) != height;
    return errors;
}

uint64_t tree_errors(const struct tree *tree)
{
    uint64_t errors = tree->root->red, count = 0;
    const struct node *node = tree_first(tree), *before = NULL;
    unsigned height = node ? black_height(tree, node) : 0;
    /* A damaged tree may have no end; more nodes than counted are enough to know. */
    for (; node && count <= tree->count; node = tree_next(tree, node)) {
        errors += before && before->key >= node->key;
        errors += node_errors(tree, node, height);
        before = node;
        count++;
    }
    return errors + (count != tree->count);
}
