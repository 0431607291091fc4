#
# BenchServer.pm
#
# The servers of a benchmark: one data directory for each configuration, all
# copies of one that was loaded once, and what can be asked of a server.
# None outlives the program that uses this.
#
package BenchServer;

use strict;
use warnings FATAL => 'all';

use BenchFiles;
use Cwd qw(getcwd);
use Exporter 'import';
use Time::HiRes qw(sleep time);

our @EXPORT = qw(
  enter_bench run_logged psql psql_script psql_file in_database build_stage make_template start_server stop_server stop_all
  child_cpu children session_memory log_since valgrind);

my $out = getcwd() . '/tmp_check';
my %running;
my $main = $$;

$SIG{$_} = sub { exit 1 }
  foreach qw(HUP INT TERM);

END
{
	my $status = $?;
	stop_all() if $$ == $main;
	$? = $status;
}

# A folder that is ours alone, and nothing of who started us
sub enter_bench
{
	mkdir $out;
	chmod 0700, $out;
	$ENV{PGUSER} = $ENV{PGDATABASE} = 'postgres';
	$ENV{PGOPTIONS} = '';
	$ENV{PGCLIENTENCODING} = 'UTF8';
	delete $ENV{$_} foreach qw(PGHOST PGPORT PGDATA);
	return;
}

sub run_logged
{
	my ($what, $command) = @_;
	system("$command >> $out/$what.log 2>&1") == 0
	  or die "$what failed: $command\n" . `tail -n 40 $out/$what.log`;
}

# The same server for whoever asks it in another database than "postgres"
sub in_database
{
	my ($server, $name) = @_;
	return { %$server, database => $name };
}

sub psql
{
	my ($server, $sql) = @_;
	local $ENV{PGHOST} = $server->{socket};
	local $ENV{PGDATABASE} = $server->{database} // $ENV{PGDATABASE};
	open my $psql, '-|', 'psql', '-XqAt', '-v', 'ON_ERROR_STOP=1', '-c', $sql or die "psql: $!";
	my $answer = do { local $/; <$psql> } // '';
	close $psql or die "failed: $sql\n";
	chomp $answer;
	return $answer;
}

# The same for what is too long for an argument, with several answers if need be
sub psql_script
{
	my ($server, $sql) = @_;
	spew("$out/script.sql", "$sql;\n");
	local $ENV{PGHOST} = $server->{socket};
	chomp(my $answer = `psql -XqAt -v ON_ERROR_STOP=1 -f $out/script.sql`);
	die "failed: $out/script.sql\n" if $?;
	return $answer;
}

# Returns what the file says beside its results, which it sends elsewhere.
sub psql_file
{
	my ($server, $file, $name) = @_;
	local $ENV{PGHOST} = $server->{socket};
	local $ENV{PGDATABASE} = $server->{database} // $ENV{PGDATABASE};
	local $ENV{PGAPPNAME} = $name;
	my $said = `psql -Xq -v ON_ERROR_STOP=1 -f $file`;
	die "failed: $file\n" if $?;
	return $said;
}

# ---- the library and clusters ----

# This tree, where servers find it
sub build_stage
{
	run_logged('build', 'make -s -j2 with_llvm=no PG_CONFIG=$PG_CONFIG');
	run_logged('build', "make -s install with_llvm=no DESTDIR=$out/stage PG_CONFIG=\$PG_CONFIG");
}

# A cluster that "load", a function of a server, fills
sub make_template
{
	my ($settings, $load) = @_;
	my $data = "$out/template";
	run_logged('initdb', "initdb -D $data -U $ENV{PGUSER} -A trust --no-sync");
	my $stage = `bash -c '. test/lib/stage.sh; stage_settings $out/stage'`;
	die "no settings for the staged library\n" if $?;
	open my $conf, '>>', "$data/postgresql.conf" or die "postgresql.conf: $!";
	print $conf $stage, $settings;
	close $conf;

	my $server = start_server({ name => 'template', data => $data, preload => '', settings => {} });
	$load->($server);
	stop_server($server);
	return $data;
}

# The valgrind of the machine we were started on; undef if it had none
sub valgrind
{
	my $folder = getcwd() . '/valgrind';
	my @tools = glob "$folder/callgrind-*";
	return unless -x "$folder/launcher" && @tools;
	return "env VALGRIND_LIB=$folder $folder/launcher --tool=callgrind";
}

# A server for a configuration: name, data, preload, settings (a hash), and
# "profiles" for the folder into which callgrind shall write, if it shall.
sub start_server
{
	my ($c) = @_;
	my $socket = "$out/s_$c->{name}";
	mkdir $socket;
	my %server = (%$c, socket => $socket, log => "$out/$c->{name}.log");
	my %settings = (%{ $c->{settings} },
		unix_socket_directories => $socket,
		shared_preload_libraries => $c->{preload});
	spew("$c->{data}/postgresql.auto.conf", join '', map { "$_ = '$settings{$_}'\n" } sort keys %settings);

	my $program = '';
	if (defined $c->{profiles})
	{
		mkdir $c->{profiles};
		chomp(my $bin = `pg_config --bindir`);
		my $wrapper = "$out/under_callgrind";
		spew($wrapper, "#!/bin/sh\nexec " . valgrind() . ' -q --trace-children=yes '
			  . "--callgrind-out-file=$c->{profiles}/%p $bin/postgres \"\$@\"\n");
		chmod 0755, $wrapper;
		$program = "-p $wrapper";
	}
	system("pg_ctl -w -t 300 -s -D $c->{data} $program -l $server{log} start > $server{log}.ctl 2>&1") == 0
	  or die "the server does not start:\n" . slurp("$server{log}.ctl") . slurp($server{log});
	($server{postmaster}) = slurp("$c->{data}/postmaster.pid") =~ /^(\d+)/;
	return $running{ $c->{data} } = \%server;
}

sub stop_server
{
	my ($server, $mode) = @_;
	$mode //= 'fast';
	delete $running{ $server->{data} };
	system("pg_ctl -w -t 300 -m $mode -D $server->{data} stop > /dev/null 2>&1") == 0
	  or warn "$server->{name} does not stop\n";
}

sub stop_all
{
	stop_server($_, 'immediate') foreach values %running;
	return;
}

# ---- processes ----

# CPU seconds of the postmaster's children that have ended: all sessions do,
# once their client has, and visits of pg_tend.
sub child_cpu
{
	my ($server) = @_;
	my @fields = split ' ', (slurp("/proc/$server->{postmaster}/stat") =~ /\) (.*)/s)[0];
	return ($fields[13] + $fields[14]) / 100;
}

# Processes that the postmaster has not waited for, though they may have ended
sub children
{
	my ($server) = @_;
	return split ' ', slurp("/proc/$server->{postmaster}/task/$server->{postmaster}/children");
}

# kB of memory that no other process has
sub session_memory
{
	my ($pid) = @_;
	my $smaps = slurp("/proc/$pid/smaps_rollup");
	my %kb = $smaps =~ /^(Pss_Anon|Private_Dirty):\s+(\d+)/mg;
	return \%kb;
}

sub log_since
{
	my ($server, $offset) = @_;
	return substr slurp($server->{log}), $offset;
}

1;
