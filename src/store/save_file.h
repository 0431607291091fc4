/*-------------------------------------------------------------------------
 *
 * save_file.h
 *	  Files that keep shared memory over a restart of the server.
 *
 *-------------------------------------------------------------------------
 */
#ifndef TEND_SAVE_FILE_H
#define TEND_SAVE_FILE_H

typedef struct TendSaveStream TendSaveStream;

/* A kind of file */
typedef struct TendSaveFile
{
	const char *path;
	const char *what;			/* for messages: "plans" */
	uint32		magic;			/* changes with what a record looks like */
	uint32		record_size;

	/* Write all records; false if that fails. */
	bool		(*write) (TendSaveStream * stream);

	/*
	 * Are these whole records, as many as "count" says?  If "restoring",
	 * which comes after a good answer, put them into shared memory.
	 */
	bool		(*read) (const char *bytes, const char *end, uint32 count, bool restoring);
} TendSaveFile;

extern void tend_save_write(const TendSaveFile *file);
extern void tend_save_read(const TendSaveFile *file);

/* for "write": the bytes that follow a record belong to it */
extern bool tend_save_put_record(TendSaveStream * stream, const void *record);
extern bool tend_save_put_bytes(TendSaveStream * stream, const void *bytes, size_t n);

#endif							/* TEND_SAVE_FILE_H */
