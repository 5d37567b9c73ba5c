/** What `--help` prints. Fits a screen. */
export const usage: string = `uisge: the uwsgi protocol for Node.js

Usage: uisge serve APP --socket ADDRESS [options]
  APP is path[:export], a JavaScript or TypeScript module and the export that is
  the application; the export's name is "application" unless you say another.

  -s, --socket ADDRESS   a path, host:port, [ipv6]:port, @name, fd://N; with
                         suwsgi:// before the first three TLS; again for more
  --chmod-socket MODE    mode of unix sockets, octal (default 660)
  --chown-socket USER[:GROUP]   --recreate-socket   bind anew when it is removed
  --allow CIDR           who may connect over TCP; give it again for more
  --insecure             TCP beyond loopback without --allow or --tls-ca
  --tls-cert FILE --tls-key FILE   certificate and key for suwsgi://
  --tls-ca FILE          clients must show a certificate of this authority
  --max-connections N    --max-body-bytes N
  --header-timeout SECONDS (5)   --body-timeout SECONDS (30)
  --write-timeout SECONDS (60)   --grace SECONDS (60)
  --transport KIND       auto (default), direct, or net: by Node's net.Socket
  --access-log KIND      on standard output: combined (default), json or off
  --log KIND             lines on standard error: text (the default) or json
  -h, --help             -v, --version

Example:   uisge serve ./app.js --socket /tmp/app.sock
In nginx:  location / { include uwsgi_params; uwsgi_pass unix:/tmp/app.sock; }
Exit codes: 0 stopped, 1 stopped by an error, 64 usage, 66 no such application,
69 address in use, 70 application failed to load or start, 73 cannot listen,
77 no permission, 78 address not valid, or open to other machines.
`;
