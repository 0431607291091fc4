/*-------------------------------------------------------------------------
 *
 * load.h
 *	  Load and attach the probe, and say in words what does not work.
 *
 * For serving and for --once; --check goes through the same steps one by one.
 *
 *-------------------------------------------------------------------------
 */
#ifndef TEND_LOAD_H
#define TEND_LOAD_H

#include "options.h"
#include "probe.h"
#include "words.h"

/* Are step and what it needs all right?  0, or an errno. */
extern int	tend_load_try(TendStep step);

/*
 * false after a message.  If some calls cannot be timed, there is a message, but
 * the others are.
 */
extern bool tend_load(TendProbe *probe, const TendOptions *options);

#endif							/* TEND_LOAD_H */
