# shellcheck shell=bash

# Print the settings with which a server finds an extension that "make install
# DESTDIR=..." put into a folder.  18 brought extension_control_path; before
# that Debian patches in extension_destdir.  Needs PG_CONFIG.
stage_settings() {						# folder
	local bindir settings
	bindir=$("$PG_CONFIG" --bindir) && settings=$("$bindir/postgres" --describe-config | cut -f 1) || return 1

	echo "dynamic_library_path = '$1$("$PG_CONFIG" --pkglibdir):\$libdir'"
	case $settings in
		*extension_control_path*)
			echo "extension_control_path = '$1$("$PG_CONFIG" --sharedir):\$system'" ;;
		*extension_destdir*)
			echo "extension_destdir = '$1'" ;;
		*)
			echo "this server cannot load an extension from outside its own directories" >&2
			return 1 ;;
	esac
}
