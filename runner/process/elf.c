#define _GNU_SOURCE
#include "runner/process/elf.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* A mapped file; every read is checked against its size, for files may be damaged. */
struct image {
    const unsigned char *bytes;
    size_t size;
};

static const void *image_at(const struct image *image, uint64_t offset, uint64_t size)
{
    if (offset > image->size || size > image->size - offset)
        return NULL;
    return image->bytes + offset;
}

static const char *hex(struct arena *arena, const unsigned char *bytes, size_t size)
{
    char *text = arena_alloc(arena, 2 * size + 1);
    for (size_t i = 0; i < size; i++)
        sprintf(text + 2 * i, "%02x", bytes[i]);
    return text;
}

/* Walks one PT_NOTE segment. A note is three words, then name and contents padded to four. */
static const char *find_build_id(struct arena *arena, const struct image *image, uint64_t offset,
                                 uint64_t size)
{
    const uint64_t end = offset + size;
    while (offset + sizeof(Elf64_Nhdr) <= end) {
        const Elf64_Nhdr *note = image_at(image, offset, sizeof *note);
        if (note == NULL)
            return NULL;
        const uint64_t name = offset + sizeof *note;
        const uint64_t content = name + ((note->n_namesz + 3u) & ~3ull);
        const char *owner = image_at(image, name, note->n_namesz);
        const unsigned char *id = image_at(image, content, note->n_descsz);
        if (owner == NULL || id == NULL)
            return NULL;
        if (note->n_type == NT_GNU_BUILD_ID && note->n_namesz == 4 && memcmp(owner, "GNU", 4) == 0)
            return hex(arena, id, note->n_descsz);
        offset = content + ((note->n_descsz + 3u) & ~3ull);
    }
    return NULL;
}

static void read_segments(struct arena *arena, const struct image *image, const Elf64_Ehdr *header,
                          struct elf_info *info)
{
    for (unsigned i = 0; i < header->e_phnum; i++) {
        const Elf64_Phdr *segment =
            image_at(image, header->e_phoff + (uint64_t)i * sizeof *segment, sizeof *segment);
        if (segment == NULL)
            return;
        if (segment->p_type == PT_INTERP)
            info->has_interpreter = true;
        if (segment->p_type == PT_NOTE && info->build_id == NULL)
            info->build_id = find_build_id(arena, image, segment->p_offset, segment->p_filesz);
    }
}

/* The string that starts with `start` and then a digit or a bracket: a version, so that "GNU C11"
 * is found and the "GNU C++14" of a library that was linked in is not. */
static const char *find_string(struct arena *arena, const struct image *image,
                               const Elf64_Shdr *section, const char *start)
{
    const char *text = image_at(image, section->sh_offset, section->sh_size);
    if (text == NULL || (section->sh_flags & SHF_COMPRESSED) != 0)
        return NULL;
    const size_t length = strlen(start);
    const char *end = text + section->sh_size;
    for (const char *at = text; (at = memmem(at, (size_t)(end - at), start, length)) != NULL; at++)
        if (at + length < end && at[length] != '\0' && strchr("0123456789(", at[length]) != NULL)
            return arena_copy_part(arena, at, strnlen(at, (size_t)(end - at)));
    return NULL;
}

/* gcc writes its version and flags into .debug_str, and its name alone into .comment. */
static const char *find_compiler(struct arena *arena, const struct image *image,
                                 const Elf64_Ehdr *header)
{
    const Elf64_Shdr *sections =
        image_at(image, header->e_shoff, (uint64_t)header->e_shnum * sizeof *sections);
    if (sections == NULL || header->e_shstrndx >= header->e_shnum)
        return NULL;
    const Elf64_Shdr *names = &sections[header->e_shstrndx];
    const char *comment = NULL;
    for (unsigned i = 0; i < header->e_shnum; i++) {
        const char *name = image_at(image, names->sh_offset + sections[i].sh_name, 12);
        if (name == NULL)
            continue;
        if (strncmp(name, ".debug_str", 11) == 0) {
            const char *producer = find_string(arena, image, &sections[i], "GNU C");
            if (producer != NULL)
                return producer;
        }
        if (strncmp(name, ".comment", 9) == 0)
            comment = find_string(arena, image, &sections[i], "GCC: ");
    }
    return comment;
}

static int read_image(struct arena *arena, const char *path, const struct image *image,
                      struct elf_info *info, struct problem *problem)
{
    const Elf64_Ehdr *header = image_at(image, 0, sizeof *header);
    if (header == NULL || memcmp(header->e_ident, ELFMAG, SELFMAG) != 0 ||
        header->e_ident[EI_CLASS] != ELFCLASS64 || header->e_ident[EI_DATA] != ELFDATA2LSB ||
        (header->e_phnum > 0 && header->e_phentsize != sizeof(Elf64_Phdr)))
        return problem_set(problem, "%s is not a 64-bit ELF file: name another", path);
    read_segments(arena, image, header, info);
    info->is_shared_object = header->e_type == ET_DYN && !info->has_interpreter;
    if (header->e_shentsize == sizeof(Elf64_Shdr))
        info->compiler = find_compiler(arena, image, header);
    return 0;
}

int elf_read(struct arena *arena, const char *path, struct elf_info *info, struct problem *problem)
{
    *info = (struct elf_info){0};
    const int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return problem_set(problem, "cannot read %s: %s", path, strerror(errno));
    struct stat status;
    struct image image = {.bytes = MAP_FAILED};
    if (fstat(fd, &status) == 0 && S_ISREG(status.st_mode) && status.st_size > 0) {
        image.size = (size_t)status.st_size;
        image.bytes = mmap(NULL, image.size, PROT_READ, MAP_PRIVATE, fd, 0);
    }
    close(fd);
    if (image.bytes == MAP_FAILED)
        return problem_set(problem, "%s is not a 64-bit ELF file: name another", path);
    const int result = read_image(arena, path, &image, info, problem);
    munmap((void *)(uintptr_t)image.bytes, image.size);
    return result;
}
