/** What `--help` prints. Fits a screen. */
export const usage: string = `uisge: the uwsgi protocol for Node.js

Usage:
  uisge serve APP --socket ADDRESS [options]

  APP is path[:export], a JavaScript or TypeScript module and the export that is
  the application; the export's name is "application" unless you say another.

Options:
  -s, --socket ADDRESS   where to listen: a path, host:port or [ipv6]:port;
                         give it again for more
      --chmod MODE       mode of unix sockets, octal (default 660)
      --insecure         allow TCP addresses that other machines can reach
      --access-log KIND  a line for each request on standard output: combined
                         (as nginx writes it; the default), json or off
      --log KIND         lines on standard error: text (the default) or json
  -h, --help             this text
  -v, --version          the version

Examples:
  uisge serve ./app.js --socket /tmp/app.sock
  uisge serve ./site.ts:site --socket 127.0.0.1:3031

In nginx:  location / { include uwsgi_params; uwsgi_pass unix:/tmp/app.sock; }
Exit codes: 0 stopped, 1 stopped by an error, 64 usage, 66 no such application, 69 address in use,
70 application failed to load or start, 73 cannot listen, 77 no permission.
`;
