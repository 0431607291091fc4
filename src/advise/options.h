/*-------------------------------------------------------------------------
 *
 * options.h
 *	  Read autovacuum's storage parameters from pg_class.reloptions.
 *
 *-------------------------------------------------------------------------
 */
#ifndef TEND_OPTIONS_H
#define TEND_OPTIONS_H

#include "facts.h"

extern void tend_options_init(TendOptions *options);
extern void tend_options_add(TendOptions *options, const char *item);
extern bool tend_option_is_vacuum(const char *item);

#endif							/* TEND_OPTIONS_H */
