/*-------------------------------------------------------------------------
 *
 * words.h
 *	  Numbers as people say them.
 *
 *-------------------------------------------------------------------------
 */
#ifndef TEND_WORDS_H
#define TEND_WORDS_H

#define TEND_WORD_LEN 48

typedef struct TendWord
{
	char		str[TEND_WORD_LEN];
} TendWord;

extern TendWord tend_word_count(double n);
extern TendWord tend_word_short(double n);
extern TendWord tend_word_ms(double ms);
extern TendWord tend_word_duration(double seconds);
extern TendWord tend_word_bytes(double bytes);
extern TendWord tend_word_times(double ratio);
extern TendWord tend_word_share(double ratio);

#endif							/* TEND_WORDS_H */
