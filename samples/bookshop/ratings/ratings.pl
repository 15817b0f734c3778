#!/usr/bin/perl
# The bookshop's ratings: how many stars each reviewer gave. Perl with what perl-base holds: one process, one select loop.
#
# Listens on HOST:PORT (default 0.0.0.0:9080).
#   GET /ratings/ID   {"book":ID,"ratings":{"reviewer":stars}}
#   GET /health       200 when it serves
use strict;
use warnings;
use IO::Select;
use IO::Socket::INET;
use Socket qw(IPPROTO_TCP TCP_NODELAY);

my %stars = (
    1 => { ada => 5, grace => 5 },
    2 => { ada => 5, linus => 4 },
    3 => { grace => 4, ken => 3 },
    4 => { ken => 5, ada => 4 },
    5 => { linus => 5, grace => 5 },
    6 => { ken => 4, linus => 4 },
);

my $host   = $ENV{HOST} || '0.0.0.0';
my $port   = $ENV{PORT} || 9080;
my $server = IO::Socket::INET->new(LocalAddr => $host, LocalPort => $port, Listen => 256, ReuseAddr => 1)
    or die "ratings cannot listen on $host:$port: $!\n";
my $sockets = IO::Select->new($server);
my %received;    # what each connection has sent of a request that is not complete

$| = 1;
$SIG{TERM} = $SIG{INT} = sub { exit 0 };
$SIG{PIPE} = 'IGNORE';
print "ratings listens on $host:$port\n";

while (1) {
    for my $socket ($sockets->can_read) {
        if ($socket == $server) {
            my $client = $server->accept or next;
            setsockopt($client, IPPROTO_TCP, TCP_NODELAY, 1);
            $sockets->add($client);
            $received{$client} = '';
            next;
        }
        close_client($socket) unless sysread($socket, $received{$socket}, 16384, length $received{$socket}) && serve($socket);
    }
}

# Answers every complete request that a connection has sent; false when the connection must end.
sub serve {
    my ($socket) = @_;
    while ($received{$socket} =~ s/\A(.*?)\r?\n\r?\n//s) {
        my ($head) = ($1);
        my ($method, $path, $version) = $head =~ m{\A(\S+) ([^\s?]+)\S* HTTP/1\.([01])} or return 0;
        return 0 if $head =~ /^(?:content-length:\s*[1-9]|transfer-encoding:)/mi;    # nothing here takes a body
        my $keep = $version ? $head !~ /^connection:\s*close/mi : 0;
        my ($status, $body) = answer($method, $path);
        my $reply = "HTTP/1.1 $status\r\ncontent-type: application/json\r\ncontent-length: " . length($body) . "\r\n"
            . ($keep ? '' : "connection: close\r\n") . "\r\n" . ($method eq 'HEAD' ? '' : $body);
        syswrite($socket, $reply) or return 0;
        return 0 unless $keep;
    }
    return length $received{$socket} <= 16384;
}

sub answer {
    my ($method, $path) = @_;
    return ('405 Method Not Allowed', '{"error":"only GET is served"}') unless $method =~ /^(?:GET|HEAD)$/;
    return ('200 OK', '{"status":"ok"}') if $path eq '/health';
    if ($path =~ m{^/ratings/(\d+)$} && $stars{$1}) {
        my ($book, $given) = ($1, $stars{$1});
        return ('200 OK', sprintf '{"book":%d,"ratings":{%s}}', $book, join ',', map { qq("$_":$given->{$_}) } sort keys %$given);
    }
    return ('404 Not Found', '{"error":"there is nothing here"}');
}

sub close_client {
    my ($socket) = @_;
    $sockets->remove($socket);
    delete $received{$socket};
    close $socket;
}
