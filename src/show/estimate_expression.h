/*-------------------------------------------------------------------------
 *
 * estimate_expression.h
 *	  The expression that statistics are missing on.
 *
 *-------------------------------------------------------------------------
 */
#ifndef TEND_ESTIMATE_EXPRESSION_H
#define TEND_ESTIMATE_EXPRESSION_H

#include "estimate_facts.h"

extern char *tend_estimate_expression(const TendEstimateKey *key);

#endif							/* TEND_ESTIMATE_EXPRESSION_H */
