/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*-------------------------------------------------------------------------
 *
 * kernel.h
 *	  The few fields of the kernel's structs that the probe reads.
 *
 * The loader looks up where they are in the running kernel (CO-RE), by name;
 * all else about these structs is left out, and their order means nothing.  A
 * vmlinux.h would be 130 000 lines of the kernel that happened to run where it
 * was made.
 *
 *-------------------------------------------------------------------------
 */
#ifndef TEND_KERNEL_H
#define TEND_KERNEL_H

#pragma clang attribute push (__attribute__((preserve_access_index)), apply_to = record)

struct ns_common
{
	unsigned int inum;
};

struct pid_namespace
{
	struct ns_common ns;
};

struct upid
{
	int			nr;
	struct pid_namespace *ns;
};

struct pid
{
	unsigned int level;
	struct upid numbers[1];
};

typedef struct
{
	unsigned int val;
} kuid_t;

struct cred
{
	kuid_t		euid;
};

struct super_block
{
	unsigned int s_dev;
	unsigned long s_magic;
};

struct inode
{
	unsigned short i_mode;
	unsigned long i_ino;
	struct super_block *i_sb;
};

struct qstr
{
	const unsigned char *name;
};

struct dentry
{
	struct dentry *d_parent;
	struct qstr d_name;
	struct inode *d_inode;
};

struct path
{
	struct dentry *dentry;
};

struct file
{
	struct path f_path;
	unsigned int f_flags;
};

struct fdtable
{
	unsigned int max_fds;
	struct file **fd;
};

struct files_struct
{
	struct fdtable *fdt;
};

struct task_struct
{
	int			tgid;
	struct task_struct *real_parent;
	struct task_struct *group_leader;
	struct pid *thread_pid;
	const struct cred *cred;
	struct files_struct *files;
};

#pragma clang attribute pop

/*
 * What the tracepoints hand over; same in all kernels, since it is what
 * user space sees, too (events/syscalls/.../format).
 */
struct syscall_enter
{
	unsigned long long common;
	long long	number;
	unsigned long long args[6];
};

struct syscall_exit
{
	unsigned long long common;
	long long	number;
	long long	result;
};

#endif							/* TEND_KERNEL_H */
