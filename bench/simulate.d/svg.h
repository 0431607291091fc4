/*-------------------------------------------------------------------------
 *
 * svg.h
 *	  Charts, without a library.
 *
 *-------------------------------------------------------------------------
 */
#ifndef SIM_SVG_H
#define SIM_SVG_H

#include "postgres_fe.h"

/* From values to pixels; "to" may be less than "from", as it is upwards */
typedef struct SvgAxis
{
	double		least;
	double		most;
	bool		is_log;
	double		from;
	double		to;
	const char *label;			/* with the unit */
} SvgAxis;

/* Colours that can be told apart on white and on black, by anybody */
#define SVG_BLUE	"#3b82c4"
#define SVG_ORANGE	"#d9770b"
#define SVG_GREEN	"#2e9e6b"
#define SVG_PURPLE	"#9b6bd1"
#define SVG_RED		"#d1495b"
#define SVG_GREY	"#8a8f98"

extern void svg_begin(FILE *out, int width, int height, const char *title, const char *subtitle);
extern void svg_end(FILE *out);
extern double svg_at(const SvgAxis *axis, double value);
extern void svg_frame(FILE *out, const SvgAxis *x, const SvgAxis *y);
extern void svg_text(FILE *out, double x, double y, const char *style, const char *text);
extern void svg_line_begin(FILE *out, const char *colour, double width, const char *dash);
extern void svg_line_point(FILE *out, double x, double y);
extern void svg_line_end(FILE *out);
extern void svg_dot(FILE *out, double x, double y, const char *colour, double radius);
extern void svg_legend(FILE *out, double x, double y, const char *colour, const char *text);

#endif							/* SIM_SVG_H */
