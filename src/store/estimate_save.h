/*-------------------------------------------------------------------------
 *
 * estimate_save.h
 *	  Keep the evidence of misestimates over a restart of the server.
 *
 *-------------------------------------------------------------------------
 */
#ifndef TEND_ESTIMATE_SAVE_H
#define TEND_ESTIMATE_SAVE_H

extern void tend_estimates_save(void);
extern void tend_estimates_load(void);

#endif							/* TEND_ESTIMATE_SAVE_H */
