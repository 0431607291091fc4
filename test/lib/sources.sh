# shellcheck shell=bash
# Copy the sources, for the programs in test/ that bash runs.

# What git tracks, or would; without git, all but what a build leaves behind.
list_sources() {
	if git -c safe.directory='*' rev-parse >/dev/null 2>&1; then
		git -c safe.directory='*' ls-files -z -co --exclude-standard
	else
		find . \( -name .git -o -name tmp_check \) -prune -o ! -type d ! -name '*.o' ! -name '*.so' -print0
	fi
}

# A file may be tracked and deleted.
copy_sources() {						# from, to
	mkdir "$2"
	( cd "$1" || exit
	  list_sources |
		while IFS= read -r -d '' file; do [ ! -e "$file" ] || printf '%s\0' "$file"; done |
		tar --null --no-recursion -T - -cf - ) | tar -C "$2" -xf -
}
