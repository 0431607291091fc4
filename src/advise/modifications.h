/*-------------------------------------------------------------------------
 *
 * modifications.h
 *	  How many rows were modified since the last analyze?
 *
 *-------------------------------------------------------------------------
 */
#ifndef TEND_MODIFICATIONS_H
#define TEND_MODIFICATIONS_H

/* What the server says of a table, in rows */
typedef struct TendModificationFacts
{
	double		since_analyze;	/* as it counts them */
	double		ever;			/* inserted, updated and deleted */
	double		live;			/* as it counts them */
	double		analyzed;		/* reltuples: when it was last looked at */
	double		table_rows;		/* as the planner takes it by the file's size */
} TendModificationFacts;

extern double tend_modifications(const TendModificationFacts *facts);

#endif							/* TEND_MODIFICATIONS_H */
