/*-------------------------------------------------------------------------
 *
 * process.h
 *	  What /proc says about a process.
 *
 * Only files that anyone may read, so that no capability is needed.
 *
 *-------------------------------------------------------------------------
 */
#ifndef TEND_PROCESS_H
#define TEND_PROCESS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

typedef struct TendProcess
{
	pid_t		pid;
	pid_t		parent;
	pid_t		inner_pid;		/* as the process itself sees it */
	uint64_t	start_ticks;	/* since boot */
	uid_t		uids[4];		/* real, effective, saved, of the file system */
} TendProcess;

/* false if there is none, or /proc does not show it; errno says which */
extern bool tend_process_read(pid_t pid, TendProcess *process);

/* 0 if we are in the first pid namespace, otherwise its inode number */
extern uint32_t tend_process_namespace(void);

/* Is /proc that of our own pid namespace? */
extern bool tend_process_proc_is_ours(void);

#endif							/* TEND_PROCESS_H */
