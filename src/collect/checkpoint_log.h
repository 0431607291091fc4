/*-------------------------------------------------------------------------
 *
 * checkpoint_log.h
 *	  Notice checkpoints where their process tells the log of them.
 *
 *-------------------------------------------------------------------------
 */
#ifndef TEND_CHECKPOINT_LOG_H
#define TEND_CHECKPOINT_LOG_H

extern void tend_checkpoint_log_install(void);

#endif							/* TEND_CHECKPOINT_LOG_H */
