/*-------------------------------------------------------------------------
 *
 * estimate_subject.h
 *	  What the catalogs say of the table and columns of a misestimate.
 *
 *-------------------------------------------------------------------------
 */
#ifndef TEND_ESTIMATE_SUBJECT_H
#define TEND_ESTIMATE_SUBJECT_H

#include "estimate_facts.h"

typedef struct TendEstimateSubject
{
	char	   *schema;
	char	   *table;
	char	   *columns[TEND_ESTIMATE_COLUMNS];
	double		table_rows;		/* NaN: unknown */

	/* for sentences and commands, quoted as needed */
	const char *quoted_table;
	const char *quoted_columns[TEND_ESTIMATE_COLUMNS];
	int			targets[TEND_ESTIMATE_COLUMNS];
} TendEstimateSubject;

extern bool tend_estimate_subject(const TendEstimateKey *key, TendEstimateSubject *subject);

#endif							/* TEND_ESTIMATE_SUBJECT_H */
