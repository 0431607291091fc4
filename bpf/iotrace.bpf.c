/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*-------------------------------------------------------------------------
 *
 * iotrace.bpf.c
 *	  The probe: times the syncs and writes of registered clusters, in the
 *	  kernel.
 *
 * Tracepoints of system calls only: unlike kprobes, fentry and uprobes they
 * exist in every kernel with CONFIG_FTRACE_SYSCALLS and need no more than CAP_BPF
 * and CAP_PERFMON.  They are called for all processes, so the first thing is
 * to leave those alone whose parent is no registered postmaster.
 *
 * A call is classified when it begins: when it ends, its file may have been
 * closed by someone else.
 *
 * Counters are added to atomically and never reset.  What is read from a
 * process's memory is only believed as far as it is in range; it is the
 * memory of a process with the user that registered the cluster.
 *
 *-------------------------------------------------------------------------
 */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>

#include "kernel.h"
#include "maps.h"

#define O_DSYNC			00010000	/* O_SYNC has it, too */
#define RWF_DSYNC		0x00000002
#define RWF_SYNC		0x00000004
#define S_IFMT			0170000
#define S_IFDIR			0040000
#define S_IFREG			0100000
#define BTRFS_MAGIC		0x9123683e

/* longest name that is looked for, and its zero: "pg_multixact", ... */
#define NAME_LEN		16

/* deeper nesting of pid namespaces the kernel does not allow */
#define MAX_PID_LEVEL	32

char		LICENSE[] SEC("license") = "Dual BSD/GPL";

/* the helper's pid namespace, or 0 if that is the first one */
const volatile unsigned int helper_pid_namespace = 0;

/* ---- maps ---- */

struct
{
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, TEND_IO_MAX_CLUSTERS);
	__type(key, uint32_t);
	__type(value, TendIoCluster);
} clusters	SEC(".maps");

struct
{
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, TEND_IO_MAX_CLUSTERS);
	__uint(map_flags, BPF_F_MMAPABLE);
	__type(key, uint32_t);
	__type(value, TendIoSlot);
} slots		SEC(".maps");

struct
{
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, TEND_IO_MAX_CLUSTERS * TEND_IO_NUM_CHECKPOINTS);
	__uint(map_flags, BPF_F_MMAPABLE);
	__type(key, uint32_t);
	__type(value, TendIoRawCheckpoint);
} checkpoints SEC(".maps");

/* One for each cluster, made by the helper.  It reads them without a call. */
struct cells
{
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, TEND_IO_NUM_CELLS);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(key_size, sizeof(uint32_t));
	__uint(value_size, sizeof(TendIoCell));
};

struct
{
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, TEND_IO_MAX_CLUSTERS);
	__type(key, uint32_t);
	__array(values, struct cells);
} cells_of	SEC(".maps");

/*
 * The call that a process is in.  Goes with the process, however it ends; a
 * hash by thread would keep those that were killed.
 */
typedef struct Pending
{
	uint64_t	begun;			/* 0: in none */
	uint64_t	bytes;			/* of sync_file_range: asked for */
	uint32_t	cell;
	uint32_t	slot;
	uint32_t	postmaster;		/* of the checkpointer in a sync, otherwise 0 */
	uint32_t	is_write;
} Pending;

struct
{
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, Pending);
} pending	SEC(".maps");

/* ---- processes ---- */

/*
 * The pid of a process in the helper's namespace, 0 if it has none there.  The
 * kernel keeps one number per level of nesting.
 */
static __always_inline uint32_t
pid_for_helper(struct task_struct *leader)
{
	struct pid *pid = BPF_CORE_READ(leader, thread_pid);
	unsigned int level = BPF_CORE_READ(pid, level);
	char	   *numbers = (char *) pid + bpf_core_field_offset(struct pid, numbers);

	for (unsigned int i = 0; i < MAX_PID_LEVEL && i <= level; i++)
	{
		struct upid *number = (struct upid *) (numbers + i * bpf_core_type_size(struct upid));

		if (BPF_CORE_READ(number, ns, ns.inum) == helper_pid_namespace)
			return BPF_CORE_READ(number, nr);
	}
	return 0;
}

static __always_inline uint32_t
parent_of(struct task_struct *task)
{
	if (helper_pid_namespace == 0)
		return BPF_CORE_READ(task, real_parent, tgid);
	return pid_for_helper(BPF_CORE_READ(task, real_parent, group_leader));
}

/*
 * The cluster that a process belongs to.  A child may have another user than the
 * one who registered, after running a program that is set-uid: that is none of
 * his, nor is its memory.
 */
static __always_inline TendIoCluster *
cluster_of(struct task_struct *task, uint32_t *postmaster)
{
	TendIoCluster *cluster;

	*postmaster = parent_of(task);
	cluster = bpf_map_lookup_elem(&clusters, postmaster);
	if (!cluster || BPF_CORE_READ(task, cred, euid.val) != cluster->euid)
		return NULL;
	return cluster;
}

static __always_inline uint32_t
backend_type_of(const TendIoCluster *cluster, TendIoSlot *slot)
{
	uint32_t	type;

	if (cluster->backend_type == 0)
		return TEND_IO_UNKNOWN_TYPE;
	if (bpf_probe_read_user(&type, sizeof(type), (void *) cluster->backend_type) != 0)
	{
		__sync_fetch_and_add(&slot->unread_types, 1);
		return TEND_IO_UNKNOWN_TYPE;
	}
	return type < TEND_IO_NUM_TYPES ? type : TEND_IO_UNKNOWN_TYPE;
}

/* ---- files ---- */

static __always_inline struct file *
file_of(struct task_struct *task, unsigned int fd)
{
	struct fdtable *table = BPF_CORE_READ(task, files, fdt);
	struct file *file = NULL;

	if (fd < BPF_CORE_READ(table, max_fds))
		bpf_probe_read_kernel(&file, sizeof(file), BPF_CORE_READ(table, fd) + fd);
	return file;
}

static __always_inline void
read_name(char *name, struct dentry *dentry)
{
	__builtin_memset(name, 0, NAME_LEN);
	bpf_probe_read_kernel_str(name, NAME_LEN, BPF_CORE_READ(dentry, d_name.name));
}

/* The literal's end counts, so that this is no comparison of a prefix. */
static __always_inline int
same_text(const char *name, const char *literal, int size)
{
#pragma unroll
	for (int i = 0; i < NAME_LEN; i++)
	{
		if (i < size && name[i] != literal[i])
			return 0;
	}
	return 1;
}

#define is(name, literal)		same_text(name, literal, sizeof(literal))
#define begins(name, literal)	same_text(name, literal, sizeof(literal) - 1)

/*
 * Is this the directory that the cluster's pg_wal leads to?  On btrfs, stat()
 * makes up a device for each subvolume that the kernel does not know itself by.
 */
static __always_inline int
is_wal_directory(struct dentry *dentry, const TendIoCluster *cluster)
{
	struct inode *inode = BPF_CORE_READ(dentry, d_inode);
	struct super_block *sb;

	if (cluster->wal_inode == 0 || BPF_CORE_READ(inode, i_ino) != cluster->wal_inode)
		return 0;
	sb = BPF_CORE_READ(inode, i_sb);
	return BPF_CORE_READ(sb, s_dev) == cluster->wal_device ||
		BPF_CORE_READ(sb, s_magic) == BTRFS_MAGIC;
}

static __always_inline TendIoClass
class_by_directory(const char *parent)
{
	if (is(parent, "pg_wal"))
		return TEND_IO_WAL;
	if (is(parent, "global"))
		return TEND_IO_DATA;
	if (is(parent, "pgsql_tmp"))
		return TEND_IO_TEMP;
	if (is(parent, "pg_xact") || is(parent, "pg_subtrans") || is(parent, "pg_commit_ts") ||
		is(parent, "pg_notify") || is(parent, "pg_serial"))
		return TEND_IO_SLRU;
	return TEND_IO_OTHER;
}

/* base/DATABASE/FILE, and PG_15_.../DATABASE/FILE of a tablespace */
static __always_inline TendIoClass
class_by_grandparent(const char *grandparent, struct dentry *file)
{
	char		name[NAME_LEN];

	if (is(grandparent, "pg_multixact"))
		return TEND_IO_SLRU;
	if (is(grandparent, "pgsql_tmp"))
		return TEND_IO_TEMP;
	if (!is(grandparent, "base") && !begins(grandparent, "PG_"))
		return TEND_IO_OTHER;

	/* temporary tables are tBACKEND_FILENODE */
	read_name(name, file);
	if (name[0] == 't' && name[1] >= '0' && name[1] <= '9')
		return TEND_IO_TEMP;
	return TEND_IO_DATA;
}

/*
 * By the names of the two directories that a file is in: PostgreSQL's own are
 * never deeper.  What is above may be called anything.
 */
static __always_inline TendIoClass
class_of(struct dentry *dentry, const TendIoCluster *cluster)
{
	unsigned short type = BPF_CORE_READ(dentry, d_inode, i_mode) & S_IFMT;
	struct dentry *parent = BPF_CORE_READ(dentry, d_parent);
	char		name[NAME_LEN];
	TendIoClass found;

	if (type == S_IFDIR)
		return TEND_IO_DIR;
	if (type != S_IFREG)
		return TEND_IO_OTHER;
	if (is_wal_directory(parent, cluster))
		return TEND_IO_WAL;

	read_name(name, parent);
	found = class_by_directory(name);
	if (found != TEND_IO_OTHER)
		return found;
	read_name(name, BPF_CORE_READ(parent, d_parent));
	return class_by_grandparent(name, dentry);
}

/* ---- when a call begins ---- */

static __always_inline int
begin(TendIoCall call, int fd, uint64_t bytes, int flags)
{
	struct task_struct *task = (struct task_struct *) bpf_get_current_task_btf();
	uint32_t	postmaster,
				type;
	TendIoClass file_class = TEND_IO_OTHER;
	TendIoCluster *cluster = cluster_of(task, &postmaster);
	TendIoSlot *slot;
	Pending    *p;

	if (!cluster || !(slot = bpf_map_lookup_elem(&slots, &cluster->slot)))
		return 0;

	p = bpf_task_storage_get(&pending, (void *) task, 0, BPF_LOCAL_STORAGE_GET_F_CREATE);
	if (!p)
	{
		__sync_fetch_and_add(&slot->lost_calls, 1);
		return 0;
	}

	if (call != TEND_IO_MSYNC)
	{
		struct file *file = file_of(task, fd);
		struct dentry *dentry = file ? BPF_CORE_READ(file, f_path.dentry) : NULL;

		/* a call for a file that is not open will fail by itself */
		if (file && !dentry)
			__sync_fetch_and_add(&slot->unread_files, 1);
		if (dentry)
		{
			file_class = class_of(dentry, cluster);
			if (call == TEND_IO_WRITE &&
				((BPF_CORE_READ(file, f_flags) & O_DSYNC) || (flags & (RWF_DSYNC | RWF_SYNC))))
				call = TEND_IO_SYNC_WRITE;
		}
	}

	type = backend_type_of(cluster, slot);
	p->cell = tend_io_cell_number(type, call, file_class);
	p->slot = cluster->slot;
	p->bytes = bytes;
	p->is_write = call == TEND_IO_WRITE || call == TEND_IO_SYNC_WRITE;
	p->postmaster = type == cluster->checkpointer_type && cluster->checkpoint_stats != 0 &&
		(call == TEND_IO_FSYNC || call == TEND_IO_FDATASYNC || call == TEND_IO_SYNC_WRITE) ?
		postmaster : 0;

	/* last, so that our own work is not in it */
	p->begun = bpf_ktime_get_ns();
	return 0;
}

/* ---- when it ends ---- */

static __always_inline void
raise_maximum(uint64_t *maximum, uint64_t value)
{
	uint64_t	seen = *(volatile uint64_t *) maximum;

	/* who loses so often competes with larger values */
	for (int i = 0; i < 16 && seen < value; i++)
	{
		uint64_t	was = __sync_val_compare_and_swap(maximum, seen, value);

		if (was == seen)
			break;
		seen = was;
	}
}

/* The maximum comes first: the helper skips cells where it is 0. */
static __always_inline void
count(TendIoCell *cell, const Pending *p, uint64_t ns, long long result)
{
	uint32_t	bucket = tend_io_bucket(ns);
	uint64_t	bytes = p->is_write ? (uint64_t) result : p->bytes;

	raise_maximum(&cell->max_ns, ns > 0 ? ns : 1);
	if (result < 0)
		__sync_fetch_and_add(&cell->errors, 1);
	else if (bytes > 0)
		__sync_fetch_and_add(&cell->bytes, bytes);
	__sync_fetch_and_add(&cell->total_ns, ns);
	if (bucket < TEND_IO_NUM_BUCKETS)
		__sync_fetch_and_add(&cell->buckets[bucket], 1);
}

/* Where the checkpoint that began at this time is kept; the ring goes on if it is new. */
static __always_inline TendIoRawCheckpoint *
checkpoint_at(TendIoSlot *slot, uint32_t slot_number, int64_t start)
{
	uint64_t	number = slot->num_checkpoints;
	uint32_t	place = slot_number * TEND_IO_NUM_CHECKPOINTS +
		(uint32_t) ((number - 1) % TEND_IO_NUM_CHECKPOINTS);
	TendIoRawCheckpoint *c = bpf_map_lookup_elem(&checkpoints, &place);

	if (c && number > 0 && c->start == start)
		return c;

	place = slot_number * TEND_IO_NUM_CHECKPOINTS +
		(uint32_t) (number % TEND_IO_NUM_CHECKPOINTS);
	c = bpf_map_lookup_elem(&checkpoints, &place);
	if (c)
	{
		__sync_fetch_and_add(&c->sequence, 1);
		c->start = start;
		c->number = number + 1;
		c->seen_syncs = c->seen_sync_ns = c->seen_longest_ns = 0;
		__builtin_memset(c->stats, 0, sizeof(c->stats));
		__sync_fetch_and_add(&c->sequence, 1);
		slot->num_checkpoints = number + 1;
	}
	return c;
}

/*
 * The last sync of a checkpoint comes when all but its end is known: after the
 * files, WAL and then pg_control are synced.
 */
static __always_inline void
look_at_checkpoint(const Pending *p, uint64_t now, uint64_t ns)
{
	TendIoCluster *cluster = bpf_map_lookup_elem(&clusters, &p->postmaster);
	TendIoSlot *slot = bpf_map_lookup_elem(&slots, &p->slot);
	TendIoRawCheckpoint *c;
	uint32_t	size;
	int64_t		start;

	if (!cluster || !slot)
		return;
	if (bpf_probe_read_user(&start, sizeof(start),
							(void *) (cluster->checkpoint_stats + cluster->checkpoint_start)) != 0)
	{
		__sync_fetch_and_add(&slot->unread_checkpoints, 1);
		return;
	}

	/* before the first checkpoint it syncs WAL segments at times */
	if (start == 0 || !(c = checkpoint_at(slot, p->slot, start)))
		return;

	size = cluster->checkpoint_stats_size;
	if (size > TEND_IO_CKPT_MAX_SIZE)
		size = TEND_IO_CKPT_MAX_SIZE;
	__sync_fetch_and_add(&c->sequence, 1);
	if (bpf_probe_read_user(c->stats, size, (void *) cluster->checkpoint_stats) != 0)
		__sync_fetch_and_add(&slot->unread_checkpoints, 1);
	c->seen_syncs++;
	c->seen_sync_ns += ns;
	if (ns > c->seen_longest_ns)
		c->seen_longest_ns = ns;
	c->last_sync_ns = now;
	__sync_fetch_and_add(&c->sequence, 1);
}

static __always_inline int
end(long long result)
{
	uint64_t	now = bpf_ktime_get_ns();
	Pending    *p = bpf_task_storage_get(&pending, (void *) bpf_get_current_task_btf(), 0, 0);
	void	   *cells;
	TendIoCell *cell;
	uint64_t	ns;

	if (!p || p->begun == 0)
		return 0;
	ns = now - p->begun;
	p->begun = 0;

	cells = bpf_map_lookup_elem(&cells_of, &p->slot);
	if (!cells)
		return 0;
	cell = bpf_map_lookup_elem(cells, &p->cell);
	if (!cell)
		return 0;
	count(cell, p, ns, result);
	if (p->postmaster != 0)
		look_at_checkpoint(p, now, ns);
	return 0;
}

/* ---- tracepoints ---- */

#define PROBE(syscall, call, bytes, flags) \
SEC("tracepoint/syscalls/sys_enter_" #syscall) \
int enter_##syscall(struct syscall_enter *ctx) \
{ \
	return begin(call, (int) ctx->args[0], bytes, flags); \
} \
SEC("tracepoint/syscalls/sys_exit_" #syscall) \
int exit_##syscall(struct syscall_exit *ctx) \
{ \
	return end(ctx->result); \
}

PROBE(fsync, TEND_IO_FSYNC, 0, 0)
PROBE(fdatasync, TEND_IO_FDATASYNC, 0, 0)
PROBE(sync_file_range, TEND_IO_SYNC_FILE_RANGE, ctx->args[2], 0)
PROBE(syncfs, TEND_IO_SYNCFS, 0, 0)
PROBE(msync, TEND_IO_MSYNC, 0, 0)
PROBE(pwrite64, TEND_IO_WRITE, 0, 0)
PROBE(pwritev, TEND_IO_WRITE, 0, 0)
PROBE(pwritev2, TEND_IO_WRITE, 0, (int) ctx->args[5])
