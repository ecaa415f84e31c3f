#define _GNU_SOURCE
#include "workloads/identity.h"

#include <dlfcn.h>
#include <elf.h>
#include <link.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The loaded object that contains an address. */
struct owner {
    uintptr_t address; /* looked for */
    bool found;
    char *path;     /* PATH_MAX bytes */
    char *build_id; /* build_id_size bytes */
    size_t build_id_size;
};

static bool object_contains(const struct dl_phdr_info *object, uintptr_t address)
{
    for (int i = 0; i < object->dlpi_phnum; i++) {
        const ElfW(Phdr) *segment = &object->dlpi_phdr[i];
        uintptr_t start = object->dlpi_addr + segment->p_vaddr;
        if (segment->p_type == PT_LOAD && address - start < segment->p_memsz) {
            return true;
        }
    }
    return false;
}

static void write_hex(char *to, size_t size, const unsigned char *bytes, size_t count)
{
    to[0] = '\0';
    if (2 * count + 1 > size) {
        return;
    }
    for (size_t i = 0; i < count; i++) {
        snprintf(to + 2 * i, 3, "%02x", bytes[i]);
    }
}

/* Notes stand one after the other: header, name, descriptor, the latter two padded to the
 * segment's alignment (4, or 8 for property notes). */
static void read_build_id(const struct dl_phdr_info *object, struct owner *owner)
{
    for (int i = 0; i < object->dlpi_phnum; i++) {
        const ElfW(Phdr) *segment = &object->dlpi_phdr[i];
        if (segment->p_type != PT_NOTE) {
            continue;
        }
        size_t align = segment->p_align == 8 ? 8 : 4;
        const unsigned char *base =
            (const unsigned char *)(uintptr_t)(object->dlpi_addr + segment->p_vaddr);
        size_t at = 0;
        while (at + sizeof(ElfW(Nhdr)) <= segment->p_memsz) {
            ElfW(Nhdr) note;
            memcpy(&note, base + at, sizeof note);
            size_t name = at + sizeof note;
            size_t content = name + ((note.n_namesz + align - 1) & -align);
            if (content + note.n_descsz > segment->p_memsz) {
                break;
            }
            if (note.n_type == NT_GNU_BUILD_ID && note.n_namesz == sizeof "GNU" &&
                memcmp(base + name, "GNU", sizeof "GNU") == 0) {
                write_hex(owner->build_id, owner->build_id_size, base + content, note.n_descsz);
                return;
            }
            at = content + ((note.n_descsz + align - 1) & -align);
        }
    }
}

static int visit_object(struct dl_phdr_info *object, size_t size, void *data)
{
    struct owner *owner = data;
    (void)size;
    if (!object_contains(object, owner->address)) {
        return 0;
    }
    owner->found = true;
    if (object->dlpi_name[0] != '\0') {
        if (!realpath(object->dlpi_name, owner->path)) {
            snprintf(owner->path, PATH_MAX, "%s", object->dlpi_name);
        }
    } else { /* the program itself has no name in the list */
        ssize_t length = readlink("/proc/self/exe", owner->path, PATH_MAX - 1);
        owner->path[length > 0 ? length : 0] = '\0';
    }
    read_build_id(object, owner);
    return 1;
}

static bool find_owner(const void *address, char *path, char *build_id, size_t build_id_size)
{
    struct owner owner = {.address = (uintptr_t)address,
                          .path = path,
                          .build_id = build_id,
                          .build_id_size = build_id_size};
    if (address) {
        dl_iterate_phdr(visit_object, &owner);
    }
    return owner.found;
}

/* The function that calls of this name reach. In a program that is not position-independent and
 * takes the address of malloc, dlsym answers with the program's own jump slot, an entry of its
 * symbol table that is marked undefined; calls go on to the next object that defines it. That is
 * the next one after this code too: it is in the program or first among the preloads. */
static void *find_called(const char *name)
{
    Dl_info info;
    void *extra = NULL;
    void *address = dlsym(RTLD_DEFAULT, name);
    if (!address || !dladdr1(address, &info, &extra, RTLD_DL_SYMENT) || !extra) {
        return address;
    }
    const ElfW(Sym) *symbol = extra;
    return symbol->st_shndx == SHN_UNDEF ? dlsym(RTLD_NEXT, name) : address;
}

/* A symbol of the object that owns malloc, or NULL. A hakmem that is loaded but lost the race for
 * the symbol malloc must not lend its name to another allocator. */
static void *find_beside_malloc(const char *name, const void *malloc_address)
{
    Dl_info found, wanted;
    void *symbol = dlsym(RTLD_DEFAULT, name);
    if (!symbol || !dladdr(symbol, &found) || !dladdr(malloc_address, &wanted) ||
        found.dli_fbase != wanted.dli_fbase) {
        return NULL;
    }
    return symbol;
}

void identity_read(struct identity *identity)
{
    memset(identity, 0, sizeof *identity);
    const void *malloc_address = find_called("malloc");
    const void *free_address = find_called("free");
    find_owner(free_address, identity->free_object, identity->free_build_id,
               sizeof identity->free_build_id);
    if (!find_owner(malloc_address, identity->malloc_object, identity->malloc_build_id,
                    sizeof identity->malloc_build_id)) {
        return;
    }
    const char *variant = find_beside_malloc("hakmem_variant", malloc_address);
    if (!variant) {
        return;
    }
    snprintf(identity->variant, sizeof identity->variant, "%s", variant);
    /* ISO C has no conversion from an object pointer to a function pointer; POSIX grants it. */
    unsigned (*prewarm)(void);
    unsigned long (*corruptions)(void);
    *(void **)&prewarm = find_beside_malloc("hakmem_prewarm", malloc_address);
    *(void **)&corruptions = find_beside_malloc("hakmem_corruptions", malloc_address);
    if (prewarm) {
        identity->has_prewarm = true;
        identity->prewarm = prewarm();
    }
    if (corruptions) {
        identity->has_corruptions = true;
        identity->corruptions = corruptions();
    }
}

/* Bounded appending: length goes on counting when the buffer is full, as snprintf does. */
struct text {
    char *buffer;
    size_t size, length;
};

static void text_char(struct text *text, char c)
{
    if (text->length + 1 < text->size) {
        text->buffer[text->length] = c;
        text->buffer[text->length + 1] = '\0';
    }
    text->length++;
}

static void text_add(struct text *text, const char *words)
{
    for (; *words != '\0'; words++) {
        text_char(text, *words);
    }
}

/* Length of the well-formed UTF-8 sequence of a character beyond ASCII, or 0. */
static size_t utf8_length(const unsigned char *at)
{
    size_t length = at[0] >= 0xf0 ? 4 : at[0] >= 0xe0 ? 3 : 2;
    if (at[0] < 0xc2 || at[0] > 0xf4) {
        return 0;
    }
    for (size_t i = 1; i < length; i++) {
        if ((at[i] & 0xc0) != 0x80) {
            return 0;
        }
    }
    /* overlong forms, surrogates, and beyond U+10FFFF */
    bool bad = (at[0] == 0xe0 && at[1] < 0xa0) || (at[0] == 0xed && at[1] > 0x9f) ||
               (at[0] == 0xf0 && at[1] < 0x90) || (at[0] == 0xf4 && at[1] > 0x8f);
    return bad ? 0 : length;
}

/* "key": "value", or null for an empty value. Paths may hold any byte; one that is not UTF-8 is
 * written as the escape of its value, so that the line is valid JSON in any case. */
static void text_member(struct text *text, const char *key, const char *value)
{
    text_add(text, key);
    if (value[0] == '\0') {
        text_add(text, "null");
        return;
    }
    text_char(text, '"');
    while (*value != '\0') {
        unsigned char c = (unsigned char)*value;
        char escape[8];
        size_t length = utf8_length((const unsigned char *)value);
        if (length == 0 && (c < 0x20 || c > 0x7e)) {
            snprintf(escape, sizeof escape, "\\u%04x", c);
            text_add(text, escape);
            value++;
            continue;
        }
        if (c == '"' || c == '\\') {
            text_char(text, '\\');
        }
        for (size_t i = 0; i < (length ? length : 1); i++) {
            text_char(text, *value++);
        }
    }
    text_char(text, '"');
}

int identity_json(const struct identity *identity, char *buffer, size_t size)
{
    struct text text = {.buffer = buffer, .size = size};
    char prewarm[24] = "null";
    if (identity->has_prewarm) {
        snprintf(prewarm, sizeof prewarm, "%u", identity->prewarm);
    }
    text_member(&text, "{\"malloc_object\":", identity->malloc_object);
    text_member(&text, ",\"malloc_build_id\":", identity->malloc_build_id);
    text_member(&text, ",\"free_object\":", identity->free_object);
    text_member(&text, ",\"free_build_id\":", identity->free_build_id);
    text_member(&text, ",\"variant\":", identity->variant);
    text_add(&text, ",\"prewarm\":");
    text_add(&text, prewarm);
    text_char(&text, '}');
    return text.length < size ? (int)text.length : -1;
}
