/*-------------------------------------------------------------------------
 *
 * symbol.c
 *	  Where a running program has a variable.
 *
 * PostgreSQL exports its variables to extensions, so they are in the dynamic symbol
 * table, which is there even when the program was stripped.
 *
 *-------------------------------------------------------------------------
 */
#include <fcntl.h>
#include <gelf.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "symbol.h"

static bool
find_in_section(Elf *elf, Elf_Scn *section, const GElf_Shdr *header, const char *name, uint64_t *value)
{
	Elf_Data   *data = elf_getdata(section, NULL);
	size_t		count = header->sh_entsize == 0 ? 0 : header->sh_size / header->sh_entsize;

	for (size_t i = 0; data != NULL && i < count; i++)
	{
		GElf_Sym symbol;
		const char *its_name;

		if (gelf_getsym(data, (int) i, &symbol) == NULL || symbol.st_shndx == SHN_UNDEF)
			continue;
		its_name = elf_strptr(elf, header->sh_link, symbol.st_name);
		if (its_name != NULL && strcmp(its_name, name) == 0)
		{
			*value = symbol.st_value;

			return true;
		}
	}
	return false;
}

static bool
find(Elf *elf, const char *name, uint64_t *value)
{
	Elf_Scn    *section = NULL;

	while ((section = elf_nextscn(elf, section)) != NULL)
	{
		GElf_Shdr	header;

		if (gelf_getshdr(section, &header) != NULL && header.sh_type == SHT_DYNSYM &&
			find_in_section(elf, section, &header, name, value))
			return true;
	}
	return false;
}

/* Where the beginning of the program's file is mapped. */
static bool
load_address(pid_t pid, uint64_t *address)
{
	char		path[64];
	char		program[PATH_MAX];
	char		line[PATH_MAX + 128];
	ssize_t		length;
	FILE	   *maps;
	bool		found = false;

	snprintf(path, sizeof(path), "/proc/%d/exe", (int) pid);
	length = readlink(path, program, sizeof(program) - 1);
	if (length <= 0)
		return false;
	program[length] = '\0';
	snprintf(path, sizeof(path), "/proc/%d/maps", (int) pid);
	maps = fopen(path, "re");
	if (maps == NULL)
		return false;
	while (!found && fgets(line, sizeof(line), maps) != NULL)
	{
		unsigned long start,
					offset;
		int			at = 0;

		line[strcspn(line, "\n")] = '\0';
		found = sscanf(line, "%lx-%*x %*s %lx %*s %*s %n", &start, &offset, &at) == 2 &&
			at > 0 && offset == 0 && strcmp(line + at, program) == 0;
		*address = start;
	}
	fclose(maps);
	return found;
}

uint64_t
tend_symbol_address(pid_t pid, const char *name)
{
	char		path[64];
	GElf_Ehdr	header;
	uint64_t	value = 0,
				base = 0;
	bool		found = false;
	Elf		   *elf;
	int			fd;

	snprintf(path, sizeof(path), "/proc/%d/exe", (int) pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || elf_version(EV_CURRENT) == EV_NONE)
		return 0;
	elf = elf_begin(fd, ELF_C_READ, NULL);
	if (elf != NULL && gelf_getehdr(elf, &header) != NULL && find(elf, name, &value))
		found = header.e_type != ET_DYN || load_address(pid, &base);
	elf_end(elf);
	close(fd);
	return found ? base + value : 0;
}
