/*-------------------------------------------------------------------------
 *
 * print.h
 *	  Print what was counted, for a person.
 *
 * A table of all, and a histogram of what is waited for.
 *
 *-------------------------------------------------------------------------
 */
#ifndef TEND_PRINT_H
#define TEND_PRINT_H

#include "maps.h"

/*
 * cells: TEND_IO_NUM_CELLS of them.  type_names may have empty ones.
 */
extern void tend_print(const TendIoCell *cells,
					   char type_names[TEND_IO_NUM_TYPES][TEND_IO_TYPE_NAME_LEN]);

#endif							/* TEND_PRINT_H */
