# tcp.pl: TCP services and their client, with the modules that perl-base has.
#   tcp.pl serve                    echo on 7 (RFC 862), discard on 9 (RFC 863), and on 19 as many octets as a line asks for;
#                                   one line on standard output when a connection is over
#   tcp.pl echo HOST PORT OCTETS    sends octets that look random and reads the same back
#   tcp.pl push HOST PORT OCTETS    sends, then waits until the server has closed
#   tcp.pl pull HOST PORT OCTETS    asks for octets with a line and counts them
# The client prints `ok: …` with status 0, or `bad: …` with 1.
use strict;
use Socket;
$| = 1;
$SIG{PIPE} = 'IGNORE';
my ($mode, $host, $port, $octets) = @ARGV;
my $LIMIT = 90;

sub content {
  my ($length) = @_;
  srand(42);
  my $text = '';
  $text .= pack('N', int(rand(2**32))) while length($text) < $length;
  return substr($text, 0, $length);
}

sub write_all {
  my ($to, $text) = @_;
  my $done = 0;
  while ($done < length $text) { $done += syswrite($to, $text, 8192, $done) || last }
  return $done;
}

sub serve {
  my ($service, $connection, $from) = @_;
  my $count = 0;
  my $piece;
  if ($service eq 'chargen') {
    my $line = '';
    while ($line !~ /\n/) { sysread($connection, $piece, 64) or last; $line .= $piece }
    $count = write_all($connection, content(int($line)));
    shutdown($connection, 1);
    sysread($connection, $piece, 1);
  } else {
    while (sysread($connection, $piece, 8192)) {
      $count += length $piece;
      write_all($connection, $piece) if $service eq 'echo';
    }
  }
  print "$service for $from: $count octets\n";
}

sub listen_for {
  my ($service, $at) = @_;
  socket(my $listener, PF_INET, SOCK_STREAM, 6);
  setsockopt($listener, SOL_SOCKET, SO_REUSEADDR, 1);
  bind($listener, sockaddr_in($at, INADDR_ANY)) or die "bind $at: $!";
  listen($listener, 16);
  while (my $peer = accept(my $connection, $listener)) {
    next if fork();
    my (undef, $address) = sockaddr_in($peer);
    serve($service, $connection, inet_ntoa($address));
    exit 0;
  }
}

sub give_up { print "bad: $_[0]\n"; exit 1 }

if ($mode eq 'serve') {
  $SIG{CHLD} = 'IGNORE';
  my %services = (7 => 'echo', 9 => 'discard', 19 => 'chargen');
  for my $at (keys %services) { listen_for($services{$at}, $at) unless fork() }
  exit 0;
}

$SIG{ALRM} = sub { give_up("not done within $LIMIT s") };
alarm($LIMIT);
socket(my $connection, PF_INET, SOCK_STREAM, 6);
connect($connection, sockaddr_in($port, inet_aton($host))) or give_up("connect $host:$port: $!");
my $content = content($octets);
my $piece;
if ($mode eq 'push') {
  my $sent = write_all($connection, $content);
  shutdown($connection, 1);
  1 while sysread($connection, $piece, 8192);
  give_up("pushed $sent of $octets octets: $!") if $sent != $octets;
  print "ok: pushed $sent octets\n";
  exit 0;
}
my $received = '';
if ($mode eq 'pull') { syswrite($connection, "$octets\n") }
elsif (!fork()) { write_all($connection, $content); exit 0 }
while (length($received) < $octets) { sysread($connection, $piece, 8192) or last; $received .= $piece }
give_up("$mode got " . length($received) . " of $octets octets") if length($received) != $octets;
give_up("$mode got $octets octets, but not the right ones") if $mode eq 'echo' && $received ne $content;
print "ok: $mode $octets octets\n";
