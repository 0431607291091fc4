/*-------------------------------------------------------------------------
 *
 * cancel.h
 *	  Notice when an autovacuum is cancelled.
 *
 *-------------------------------------------------------------------------
 */
#ifndef TEND_CANCEL_H
#define TEND_CANCEL_H

extern void tend_cancel_install_hook(void);

#endif							/* TEND_CANCEL_H */
