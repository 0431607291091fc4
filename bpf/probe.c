/*-------------------------------------------------------------------------
 *
 * probe.c
 *	  The probe in the kernel, as the helper sees it.
 *
 * The programs for a call's begin and end are attached or left alone together.  The
 * end comes first: a call that began before is not known there, and ignored.
 *
 *-------------------------------------------------------------------------
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/bpf.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "iotrace.skel.h"
#include "probe.h"
#include "process.h"
#include "say.h"

static const char *const probe_names[] = {TEND_IO_PROBE_NAMES};

#define CELLS_SIZE (TEND_IO_NUM_CELLS * sizeof(TendIoCell))

static int
loader_says(enum libbpf_print_level level, const char *format, va_list arguments)
{
	(void) level;
	return tend_verbose ? vfprintf(stderr, format, arguments) : 0;
}

void
tend_probe_quiet(void)
{
	libbpf_set_print(loader_says);
}

int
tend_probe_try(void)
{
	static const struct bpf_insn nothing[] = {
		{.code = BPF_ALU64 | BPF_MOV | BPF_K},
		{.code = BPF_JMP | BPF_EXIT}
	};
	int			fd = bpf_prog_load(BPF_PROG_TYPE_TRACEPOINT, "nothing", "Dual BSD/GPL",
								   nothing, 2, NULL);

	if (fd < 0)
		return -fd;
	close(fd);
	return 0;
}

/* An array of the kernel's, mapped for as long as we run. */
static void *
map_array(const struct bpf_map *map, int protection)
{
	size_t		size = (size_t) bpf_map__value_size(map) * bpf_map__max_entries(map);
	void	   *at = mmap(NULL, size, protection, MAP_SHARED, bpf_map__fd(map), 0);

	return at == MAP_FAILED ? NULL : at;
}

int
tend_probe_load(TendProbe *probe)
{
	int			error;

	memset(probe, 0, sizeof(*probe));
	probe->skeleton = iotrace_bpf__open();
	if (probe->skeleton == NULL)
		return errno;
	probe->skeleton->rodata->helper_pid_namespace = tend_process_namespace();
	error = -iotrace_bpf__load(probe->skeleton);
	if (error == 0)
	{
		probe->slots = map_array(probe->skeleton->maps.slots, PROT_READ | PROT_WRITE);
		probe->checkpoints = map_array(probe->skeleton->maps.checkpoints, PROT_READ | PROT_WRITE);
		if (probe->slots == NULL || probe->checkpoints == NULL)
			error = errno;
	}
	if (error != 0)
		tend_probe_unload(probe);
	return error;
}

/* 0, or an errno */
static int
attach(TendProbe *probe, int number, int at, const char *side)
{
	char		name[64];
	struct bpf_program *program;
	struct bpf_link *link;

	snprintf(name, sizeof(name), "%s_%s", side, probe_names[number]);
	program = bpf_object__find_program_by_name(probe->skeleton->obj, name);
	if (program == NULL)
		return ENOENT;
	link = bpf_program__attach(program);
	if (link == NULL)
		return errno;
	probe->links[number][at] = link;
	return 0;
}

static void
detach(TendProbe *probe, int number)
{
	for (int at = 1; at >= 0; at--)
	{
		if (probe->links[number][at] != NULL)
			bpf_link__destroy(probe->links[number][at]);
		probe->links[number][at] = NULL;
	}
}

void
tend_probe_attach(TendProbe *probe, uint32_t wanted, uint32_t pretend_missing)
{
	probe->wanted = wanted;
	for (int i = 0; i < TEND_IO_NUM_PROBES; i++)
	{
		int			error;

		if (!(wanted & (1u << i)))
			continue;
		error = pretend_missing & (1u << i) ? ENOENT : attach(probe, i, 0, "exit");
		if (error == 0)
			error = attach(probe, i, 1, "enter");
		probe->errors[i] = error;
		if (error == 0)
			probe->attached |= 1u << i;
		else
			detach(probe, i);
	}
}

void
tend_probe_unload(TendProbe *probe)
{
	for (int i = 0; i < TEND_IO_NUM_PROBES; i++)
		detach(probe, i);
	for (uint32_t slot = 0; slot < TEND_IO_MAX_CLUSTERS; slot++)
	{
		if (probe->cells[slot] != NULL)
		{
			munmap((void *) probe->cells[slot], CELLS_SIZE);
			close(probe->cells_fd[slot]);
		}
	}
	/* the mappings of slots and checkpoints go with the process */
	iotrace_bpf__destroy(probe->skeleton);
	memset(probe, 0, sizeof(*probe));
}

/*
 * Slots are used in turn, so that a call that began for a cluster which is gone
 * does not end in its successor.
 */
static int
free_slot(TendProbe *probe, uint32_t *slot)
{
	for (uint32_t i = 0; i < TEND_IO_MAX_CLUSTERS; i++)
	{
		*slot = (probe->next_slot + i) % TEND_IO_MAX_CLUSTERS;
		if (probe->cells[*slot] == NULL)
		{
			probe->next_slot = *slot + 1;
			return 0;
		}
	}
	return ENOSPC;
}

static int
add_cells(TendProbe *probe, uint32_t slot)
{
	LIBBPF_OPTS(bpf_map_create_opts, options,.map_flags = BPF_F_MMAPABLE);
	int			fd = bpf_map_create(BPF_MAP_TYPE_ARRAY, "cells", sizeof(uint32_t),
									sizeof(TendIoCell), TEND_IO_NUM_CELLS, &options);
	void	   *cells;
	int			error;

	if (fd < 0)
		return -fd;
	cells = mmap(NULL, CELLS_SIZE, PROT_READ, MAP_SHARED, fd, 0);
	if (cells == MAP_FAILED)
	{
		error = errno;
		close(fd);
		return error;
	}
	if (bpf_map_update_elem(bpf_map__fd(probe->skeleton->maps.cells_of), &slot, &fd, BPF_ANY) != 0)
	{
		error = errno;
		munmap(cells, CELLS_SIZE);
		close(fd);
		return error;
	}
	probe->cells[slot] = cells;
	probe->cells_fd[slot] = fd;
	return 0;
}

static void
remove_cells(TendProbe *probe, uint32_t slot)
{
	bpf_map_delete_elem(bpf_map__fd(probe->skeleton->maps.cells_of), &slot);
	munmap((void *) probe->cells[slot], CELLS_SIZE);
	close(probe->cells_fd[slot]);
	probe->cells[slot] = NULL;
}

int
tend_probe_add(TendProbe *probe, uint32_t postmaster, TendIoCluster *cluster)
{
	int			error = free_slot(probe, &cluster->slot);

	if (error == 0)
		error = add_cells(probe, cluster->slot);
	if (error != 0)
		return error;
	memset(&probe->slots[cluster->slot], 0, sizeof(TendIoSlot));
	memset(&probe->checkpoints[cluster->slot * TEND_IO_NUM_CHECKPOINTS], 0,
		   TEND_IO_NUM_CHECKPOINTS * sizeof(TendIoRawCheckpoint));

	/* from now on it counts */
	if (bpf_map_update_elem(bpf_map__fd(probe->skeleton->maps.clusters),
							&postmaster, cluster, BPF_NOEXIST) != 0)
	{
		error = errno;
		remove_cells(probe, cluster->slot);
	}
	return error;
}

void
tend_probe_remove(TendProbe *probe, uint32_t postmaster, uint32_t slot)
{
	bpf_map_delete_elem(bpf_map__fd(probe->skeleton->maps.clusters), &postmaster);
	remove_cells(probe, slot);
}
