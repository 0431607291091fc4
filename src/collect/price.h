/*-------------------------------------------------------------------------
 *
 * price.h
 *	  Measure what each automatic vacuum and analyze costs.
 *
 *-------------------------------------------------------------------------
 */
#ifndef TEND_PRICE_H
#define TEND_PRICE_H

extern void tend_price_install(void);

#endif							/* TEND_PRICE_H */
