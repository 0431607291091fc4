/*-------------------------------------------------------------------------
 *
 * guarded.h
 *	  Do something in the user's session that must not fail for the user.
 *
 *-------------------------------------------------------------------------
 */
#ifndef TEND_GUARDED_H
#define TEND_GUARDED_H

/* How deep we are in such work: statements that run meanwhile are not the user's */
extern int	tend_guarded_depth;

extern bool tend_guarded_possible(void);
extern bool tend_guarded(void (*work) (void *arg), void *arg);
extern ErrorData *tend_guarded_error(void (*work) (void *arg), void *arg);

#endif							/* TEND_GUARDED_H */
