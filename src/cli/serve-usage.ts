/** What `--help` prints. Fits a screen. */
export const usage: string = `uisge: the uwsgi protocol for Node.js

Usage: uisge serve [APP] [-c|--config FILE] [options] [-- ARGUMENT...]
  APP is path[:export]: a module as node runs it, which lets a server listen, or
  exports one, an Express, Koa, Fastify... app, a Node handler, an object with
  fetch, or a WSGI "application". ARGUMENTs are the module's own.

  --interface KIND       wsgi, node, fetch, handler, where guessed wrong
  --listen ADDRESS       which server is served, by its port, host:port or path
  --no-fast-globals      fetch handlers get Node's own Request and Response
  -s, --socket ADDRESS   a path, host:port, [ipv6]:port, @name, fd://N; with
                         suwsgi:// before the first three TLS; again for more
  --http ADDRESS         HTTP for development: :8080, host:port, a path
  --chmod-socket MODE (660)  --chown-socket USER[:GROUP]  --recreate-socket
  --allow CIDR           who may connect over TCP; give it again for more
  --insecure             TCP beyond loopback without --allow or --tls-ca
  --tls-cert FILE --tls-key FILE   for suwsgi://; --tls-ca FILE signs clients'
  --max-connections N  --max-body-bytes N  --grace SECONDS (60)
  --harakiri SECONDS     most for a request: then its signal is aborted, and 504
  --header-timeout, --body-timeout, --write-timeout SECONDS (5, 30, 60)
  --transport auto|direct|net   --middleware NAME[={...}]   outermost first
  --subscribe-to HOST:PORT:KEY[,...]  --subscribe2  --subscribe-freq: as uWSGI's
  --access-log combined|json|off (standard output)   --log text|json (errors)
  -p, --processes N (see uisge help processes)   -h, --help   -v, --version

Example:   uisge serve ./app.js --socket /tmp/app.sock
In nginx:  location / { include uwsgi_params; uwsgi_pass unix:/tmp/app.sock; }
Exit codes: 0 stopped, 1 by an error, 64 usage, 66 no application, 69 in use,
70 application failed, 73 cannot listen, 77 no permission, 78 address not valid.
`;
