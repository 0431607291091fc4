/*-------------------------------------------------------------------------
 *
 * words.h
 *	  What a failure means, and what mends it, in plain words.
 *
 * The loader's own messages mislead: for any lack of rights it proposes to raise
 * the limit of locked memory, which has not mattered since 5.11.
 *
 *-------------------------------------------------------------------------
 */
#ifndef TEND_WORDS_H
#define TEND_WORDS_H

/* What is done one after the other, before calls can be timed */
typedef enum TendStep
{
	TEND_STEP_PROC,				/* /proc must be that of our pid namespace */
	TEND_STEP_BTF,				/* where the kernel describes its structs */
	TEND_STEP_CAPABILITIES,
	TEND_STEP_TRACEFS,			/* where tracepoints have their numbers */
	TEND_STEP_TRIVIAL,			/* a program that does nothing */
	TEND_STEP_LOAD,				/* our programs and maps */
	TEND_STEP_ATTACH,			/* to the tracepoints of one call */
	TEND_STEP_SELF_TEST,
	TEND_NUM_STEPS
} TendStep;

typedef struct TendWords
{
	const char *meaning;
	const char *remedy;
} TendWords;

extern const char *tend_step_name(TendStep step);

/* error: an errno, positive */
extern TendWords tend_words(TendStep step, int error);

#endif							/* TEND_WORDS_H */
