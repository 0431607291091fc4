/*-------------------------------------------------------------------------
 *
 * statistics_advice.h
 *	  From verdicts to advice.
 *
 *-------------------------------------------------------------------------
 */
#ifndef TEND_STATISTICS_ADVICE_H
#define TEND_STATISTICS_ADVICE_H

#include "store/statistics_verdicts.h"

extern TendVerdictRow *tend_statistics_advice(const TendVerdictRow *rows, int nrows, int *n);

#endif							/* TEND_STATISTICS_ADVICE_H */
