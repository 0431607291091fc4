# A real server for tests of pg_tend_iotrace, whose programs are in the folder
# IOTRACE_PG.
package IotraceServer;

use strict;
use warnings FATAL => 'all';

use Exporter 'import';
use Iotrace;
use POSIX ();

our @EXPORT = qw(has_server server_root server_socket server_command make_cluster configure
  start_server stop_server sql);

my $bin = $ENV{IOTRACE_PG} // '';
my ($root, $socket) = map { work_path($_) } 'pg', 's';
my $server;
my $main = $$;

END
{
	my $status = $?;
	kill 'QUIT', $server if $server && $$ == $main;
	$? = $status;
}

sub has_server { return -x "$bin/postgres" }
sub server_root { return $root }
sub server_socket { return $socket }

sub server_command
{
	my ($program, @arguments) = @_;
	my $log = work_path("$program.log");
	system(join ' ', as_user('postgres', "$bin/$program", @arguments), ">> $log 2>&1") == 0
	  or die "$program: " . slurp($log);
	return;
}

# A cluster in server_root/data, with these options of initdb
sub make_cluster
{
	my (@options) = @_;
	foreach my $folder ($root, $socket)
	{
		mkdir $folder or die "$folder: $!";
		chown +(user_ids('postgres')), $folder;
	}
	server_command('initdb', '-A', 'trust', '--no-sync', '-D', "$root/data", @options);
	configure("listen_addresses = ''", "unix_socket_directories = '$socket'", 'autovacuum = off');
	return;
}

# Lines of the configuration, from the next start on
sub configure
{
	my (@settings) = @_;
	open my $conf, '>>', "$root/data/postgresql.conf" or die;
	print $conf "$_\n" foreach @settings;
	close $conf or die;
	return;
}

# Not by pg_ctl: it ends with this program, whatever becomes of that.  Returns its pid.
sub start_server
{
	$server = fork // die;
	if ($server == 0)
	{
		open STDOUT, '>>', "$root/server.log";
		open STDERR, '>&', \*STDOUT;
		exec as_user('postgres', '--pdeathsig', 'KILL', "$bin/postgres", '-D', "$root/data") or POSIX::_exit(1);
	}
	wait_until(sub { slurp("$root/data/postmaster.pid") =~ /^$server\n(.*\n)+ready/ })
	  or die slurp("$root/server.log");
	return $server;
}

sub stop_server
{
	kill 'INT', $server;
	waitpid $server, 0;
	undef $server;
	return;
}

sub sql
{
	my ($sql) = @_;
	my $answer = qx(@{[ as_user('postgres') ]} $bin/psql -XAtq -h $socket -d postgres -c "$sql" 2>&1);
	die "$sql: $answer" if $?;
	chomp $answer;
	return $answer;
}

1;
