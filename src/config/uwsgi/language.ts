/** Options of uWSGI's for languages that are not ours. Pure. */
import type { UwsgiGroup } from "./group.ts";

export const language: readonly UwsgiGroup[] = [
  {
    verdict: "language",
    to: "application",
    text: "it names an application of Python's; application = app.js names ours",
    names: `module wsgi callable wsgi-file file eval paste paste-name ini-paste ini-paste-logged pecan web3 pump wsgi-lite
      pypy-wsgi pypy-wsgi-file pypy-paste pypy-ini-paste`,
  },
  {
    verdict: "language",
    to: "application",
    text: "it names an application of another language; application = app.js names ours",
    names: `psgi rack rails php-app php-docroot lua lua-load ring-app ring-load clojure-load jwsgi jvm-main-class jvm-class
      mono-app go-load gccgo-load v8-jsgi v8-load cgi xslt-docroot`,
  },
  {
    verdict: "language",
    to: "args",
    text: "args are the application's arguments",
    names: "pyargv perl-args perl-arg go-args gccgo-args",
  },
  {
    verdict: "language",
    to: "import",
    text: "it imports a module of Python's; import = ./module.js imports ours before the application",
    names:
      "import pyimport py-import python-import shared-import shared-pyimport shared-py-import shared-python-import",
  },
  {
    verdict: "language",
    text: "it is about Python; node finds packages in node_modules",
    names: `home virtualenv venv pyhome pythonpath python-path pp early-python early-pyimport early-python-import
      early-pythonpath early-python-path py-programname py-program-name py-executable py-sys-executable no-site
      pypy-home pypy-lib pypy-setup pypy-pp pypy-python-path pypy-pythonpath`,
  },
  {
    verdict: "language",
    text: "it is about Python",
    names: `test pymodule-alias post-pymodule-alias spooler-import spooler-pyimport spooler-py-import spooler-python-import
      optimize paste-logger reload-os-env pyshell pyshell-oneshot python py pyrun py-auto-reload-ignore
      wsgi-env-behaviour wsgi-env-behavior start_response-nodelay wsgi-strict wsgi-accept-buffer wsgi-accept-buffers
      wsgi-disable-file-wrapper wsgi-manage-chunked-input python-version python-raw py-sharedarea py-call-osafterfork
      py-call-uwsgi-fork-hooks py-master-check-signals python-worker-override single-interpreter
      pypy-eval pypy-eval-post-fork pypy-exec pypy-exec-post-fork`,
  },
  {
    verdict: "language",
    text: "it is about a way of Python's to do several things at a time; Node always does",
    names: "gevent gevent-monkey-patch gevent-early-monkey-patch gevent-wait-for-hub greenlet stackless tornado",
  },
  {
    verdict: "language",
    text: "it is about Perl",
    names: `psgi-enable-psgix-io perl-local-lib perl-version perl-exec perl-exec-post-fork perl-auto-reload-ignore plshell
      plshell-oneshot perl-no-plack early-perl early-psgi early-perl-exec`,
  },
  {
    verdict: "language",
    text: "it is about Ruby",
    names: `ruby-gc-freq rb-gc-freq rb-lib ruby-lib rb-require ruby-require rbrequire rubyrequire require shared-rb-require
      shared-ruby-require shared-rbrequire shared-rubyrequire shared-require gemset rvm rvm-path rbshell rbshell-oneshot
      rbthreads rb-threads rbthread rb-thread`,
  },
  {
    verdict: "language",
    text: "it is about PHP; PHP-FPM runs it behind nginx",
    names: `php-ini php-config php-ini-append php-config-append php-set php-index php-allowed-docroot php-allowed-ext
      php-allowed-script php-server-software php-app-qs php-fallback php-fallback2 php-fallback-qs php-app-bypass php-var
      php-constant php-dump-config php-exec-before php-exec-begin php-exec-after php-exec-end php-sapi-name early-php
      early-php-sapi-name php-mount`,
  },
  {
    verdict: "language",
    text: "it is about Lua",
    names: `lua-postload lua-postfork-worker lua-postfork-mule lua-postfork-spooler lua-shell luashell lua-shell-oneshot
      luashell-oneshot lua-gc-freq lua-gc-full`,
  },
  {
    verdict: "language",
    text: "it is about a language that does not run here",
    names: `jvm-opt jvm-classpath mono-gc-freq mono-key mono-version mono-config mono-assembly mono-exec mono-index
      goroutines v8-preemptive v8-gc-freq v8-module-path symcall symcall-use-next symcall-register-rpc symcall-post-fork
      dumbloop-modifier1 dumbloop-code dumbloop-function`,
  },
  {
    verdict: "language",
    text: "it is about CGI programs; their server is nginx with fcgiwrap, Apache or lighttpd",
    names: `cgi-map-helper cgi-helper cgi-from-docroot cgi-buffer-size cgi-timeout cgi-index cgi-allowed-ext cgi-unset
      cgi-loadlib cgi-optimize cgi-optimized cgi-path-info cgi-do-not-kill-on-error cgi-async-max-attempts
      cgi-close-stdin-on-eof cgi-safe cgi-dontresolve cgi-mode xslt-ext xslt-var xslt-stylesheet xslt-content-type`,
  },
  {
    verdict: "language",
    text: "nothing has to be loaded: an application of Node's is all that is served",
    names: `plugins plugin need-plugins need-plugin plugins-dir plugin-dir plugins-list plugin-list autoload dlopen
      allowed-modifiers remap-modifier cflags dot-h config-py build-plugin`,
  },
];
