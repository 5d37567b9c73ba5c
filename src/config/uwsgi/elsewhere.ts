/** Options of uWSGI's for what another part of uisge, the front end or the system does. Pure. */
import type { UwsgiGroup } from "./group.ts";

const FILES = "files are nginx's: location /static/ { alias FOLDER; }";
const ROUTES = "locations of nginx, or rules of uisge route, decide where requests go";
const SYSTEMD = "systemd does it for the service";

export const elsewhere: readonly UwsgiGroup[] = [
  {
    verdict: "elsewhere",
    text: FILES,
    names: `static-map static-map2 check-static check-static-docroot static-check static-skip-ext static-index static-safe
      static-cache-paths static-cache-paths-name mimefile mime-file static-expires-type static-expires-type-mtime
      static-expires static-expires-mtime static-expires-uri static-expires-uri-mtime static-expires-path-info
      static-expires-path-info-mtime static-gzip static-gzip-all static-gzip-dir static-gzip-prefix static-gzip-ext
      static-gzip-suffix honour-range file-serve-mode fileserve-mode disable-sendfile offload-threads offload-thread
      webdav-mount gridfs-mount gridfs-debug glusterfs-mount glusterfs-timeout rados-mount rados-timeout`,
  },
  {
    verdict: "elsewhere",
    text: "uisge emperor FOLDER runs an instance for each file in a folder",
    names: `emperor emperor-freq emperor-tyrant emperor-tyrant-nofollow emperor-nofollow early-emperor emperor-pidfile
      emperor-throttle emperor-max-throttle emperor-magic-exec emperor-extra-extension emperor-extra-ext
      emperor-graceful-shutdown emperor-no-blacklist emperor-procname emperor-tyrant-initgroups`,
  },
  {
    verdict: "elsewhere",
    text: "uisge status says how instances are",
    names: `emperor-stats emperor-stats-server stats stats-server stats-http stats-minified stats-min stats-no-cores
      stats-no-metrics memory-report profiler`,
  },
  {
    verdict: "elsewhere",
    text: "what all vassals share is an include of their files",
    names: `vassals-inherit vassals-include vassals-inherit-before vassals-include-before vassals-set vassal-set`,
  },
  {
    verdict: "elsewhere",
    text: "commands are uisge reload, stop, scale, reopen, status",
    names: "master-fifo stop reload pause suspend resume connect-and-read emperor-command-socket",
  },
  {
    verdict: "elsewhere",
    text: "uisge reopen opens logs anew, from logrotate",
    names: "touch-logrotate touch-logreopen log-reopen",
  },
  {
    verdict: "elsewhere",
    text: "logrotate moves logs, with uisge reopen behind it",
    names: "log-maxsize log-backupname log-truncate",
  },
  {
    verdict: "elsewhere",
    text: "log-format has times of its own, and what stands before a line is said there",
    names: "log-format-strftime logformat-strftime log-prefix",
  },
  {
    verdict: "elsewhere",
    text: "every request has a line: whoever reads the log picks, by the fields of access-log = json",
    names:
      "log-zero log-slow log-4xx log-5xx log-big log-sendfile log-ioerror log-filter log-drain log-route log-req-route",
  },
  {
    verdict: "elsewhere",
    text: "logs go to standard output and error, and from there to journald or another collector",
    names: `log-syslog log-socket log-zeromq log-encoder log-req-encoder worker-log-encoder worker-log-req-encoder
      worker-logger worker-logger-req rsyslog-packet-size rsyslog-split-messages`,
  },
  {
    verdict: "elsewhere",
    text: "files of logs are those of the workers' user, with umask",
    names: "logfile-chown logfile-chmod",
  },
  {
    verdict: "elsewhere",
    text: "uisge bridge is HTTP in front of uwsgi sockets",
    names: `http-to http-processes http-workers http-var http-zerg http-fallback http-modifier1 http-modifier2 http-use-cache
      http-use-pattern http-use-base http-events http-subscription-server http-subscription-fallback-key http-timeout
      http-manage-expect http-keepalive http-auto-chunked http-auto-gzip http-raw-body http-websockets http-chunked-input
      http-use-code-string http-use-socket http-gracetime http-quiet http-cheap http-stats http-stats-server http-ss
      http-harakiri http-stud-prefix http-uid http-gid http-resubscribe http-buffer-size http-server-name-as-http-host
      http-headers-timeout http-connect-timeout http-manage-source http-enable-proxy-protocol http-backend-http
      http-manage-rtsp http-post-buffering http-post-buffering-dir http-socket-modifier1 http-socket-modifier2
      http-path-info-no-decode-slashes`,
  },
  {
    verdict: "elsewhere",
    text: "uisge bridge --http https://ADDRESS with --tls-cert and --tls-key, or nginx, is HTTPS in front",
    names: `https https2 https-export-cert https-session-context http-to-https https-socket https-socket-modifier1
      https-socket-modifier2 ssl-verbose ssl-verify-depth sni sni-dir sni-dir-ciphers sni-regexp ssl-enable3
      ssl-enable-sslv3 ssl-enable-tlsv1 ssl-option ssl-tmp-dir ssl-session-timeout ssl-session-use-cache
      ssl-sessions-timeout ssl-sessions-use-cache`,
  },
  {
    verdict: "elsewhere",
    text: "uisge route passes packets on by rules and subscriptions",
    names: `fastrouter fastrouter-processes fastrouter-workers fastrouter-zerg fastrouter-use-cache fastrouter-use-pattern
      fastrouter-use-base fastrouter-fallback fastrouter-use-code-string fastrouter-use-socket fastrouter-to
      fastrouter-gracetime fastrouter-events fastrouter-quiet fastrouter-cheap fastrouter-subscription-server
      fastrouter-subscription-slot fastrouter-timeout fastrouter-post-buffering fastrouter-post-buffering-dir
      fastrouter-stats fastrouter-stats-server fastrouter-ss fastrouter-harakiri fastrouter-uid fastrouter-gid
      fastrouter-resubscribe fastrouter-resubscribe-bind fastrouter-buffer-size fastrouter-fallback-on-no-key
      fastrouter-force-key fastrouter-emperor-socket fastrouter-defer-connect-timeout fastrouter-max-retries
      fastrouter-subscription-fallback-key subscriptions-sign-check subscriptions-sign-check-tolerance
      subscriptions-sign-skip-uid subscription-tolerance subscription-tolerance-inactive subscription-algo
      subscription-mountpoint subscription-mountpoints subscription-dotsplit`,
  },
  {
    verdict: "elsewhere",
    text: "nginx's stream, or another balancer of TCP, does it",
    names: `rawrouter rawrouter-processes rawrouter-workers rawrouter-zerg rawrouter-use-cache rawrouter-use-pattern
      rawrouter-use-base rawrouter-fallback rawrouter-use-code-string rawrouter-use-socket rawrouter-to
      rawrouter-gracetime rawrouter-events rawrouter-max-retries rawrouter-quiet rawrouter-cheap
      rawrouter-subscription-server rawrouter-subscription-slot rawrouter-timeout rawrouter-stats rawrouter-stats-server
      rawrouter-ss rawrouter-harakiri rawrouter-xclient rawrouter-buffer-size sslrouter sslrouter2
      sslrouter-session-context sslrouter-processes sslrouter-workers sslrouter-zerg sslrouter-use-cache
      sslrouter-use-pattern sslrouter-use-base sslrouter-fallback sslrouter-use-code-string sslrouter-use-socket
      sslrouter-to sslrouter-gracetime sslrouter-events sslrouter-max-retries sslrouter-quiet sslrouter-cheap
      sslrouter-subscription-server sslrouter-timeout sslrouter-stats sslrouter-stats-server sslrouter-ss
      sslrouter-harakiri sslrouter-sni sslrouter-buffer-size`,
  },
  {
    verdict: "elsewhere",
    text: ROUTES,
    names: `route route-host route-uri route-qs route-remote-addr route-user-agent route-remote-user route-referer
      route-label route-if route-if-not route-run final-route final-route-status final-route-host final-route-uri
      final-route-qs final-route-remote-addr final-route-user-agent final-route-remote-user final-route-referer
      final-route-label final-route-if final-route-if-not final-route-run error-route error-route-status
      error-route-host error-route-uri error-route-qs error-route-remote-addr error-route-user-agent
      error-route-remote-user error-route-referer error-route-label error-route-if error-route-if-not error-route-run
      response-route response-route-status response-route-host response-route-uri response-route-qs
      response-route-remote-addr response-route-user-agent response-route-remote-user response-route-referer
      response-route-label response-route-if response-route-if-not response-route-run router-list routers-list`,
  },
  {
    verdict: "elsewhere",
    text: "an instance has one application: locations of nginx, or uisge route, choose between instances",
    names: "mount worker-mount vhost vhost-host max-apps dynamic-apps no-default-app",
  },
  {
    verdict: "elsewhere",
    text: "headers are the application's, or nginx's: add_header, uwsgi_hide_header",
    names: "add-header rem-header del-header collect-header response-header-collect pull-header",
  },
  {
    verdict: "elsewhere",
    text: "nginx's error_page, or middleware = errors",
    names: "error-page-403 error-page-404 error-page-500",
  },
  {
    verdict: "elsewhere",
    text: "WebSockets are the application's, with the library that it has",
    names: `websockets-ping-freq websocket-ping-freq websockets-pong-tolerance websocket-pong-tolerance websockets-max-size
      websocket-max-size`,
  },
  {
    verdict: "elsewhere",
    text: "a cache is the application's: Redis, Memcached, or nginx's uwsgi_cache",
    names: `cache cache-blocksize cache-store cache-store-sync cache-no-expire cache-expire-freq cache-report-freed-items
      cache-udp-server cache-udp-node cache-sync cache-use-last-modified add-cache-item load-file-in-cache
      load-file-in-cache-gzip cache2 check-cache`,
  },
  {
    verdict: "elsewhere",
    text: "work for later is a queue's of the application; attach-daemon = COMMAND runs what does it",
    names: `queue queue-blocksize queue-store queue-store-sync spooler spooler-external spooler-ordered spooler-chdir
      spooler-processes spooler-quiet spooler-max-tasks spooler-harakiri spooler-frequency spooler-freq spooler-cheap
      spooler-signal-as-task touch-spoolers-reload`,
  },
  {
    verdict: "elsewhere",
    text: "attach-daemon = COMMAND runs a program beside the workers",
    names: `mule mules farm mule-msg-size mule-msg-recv-size mule-harakiri mule-reload-mercy touch-mules-reload
      smart-attach-daemon smart-attach-daemon2 attach-control-daemon daemons-honour-stdin worker-exec worker-exec2`,
  },
  {
    verdict: "elsewhere",
    text: "timer = SECONDS COMMAND runs a command again and again; signals of uWSGI's are not here",
    names:
      "timer rbtimer signal-timer signal-rbtimer signal signal-bufsize signals-bufsize touch-signal fs-signal touch-exec",
  },
  {
    verdict: "elsewhere",
    text: "cron = MIN HOUR DAY MONTH WEEKDAY COMMAND runs a command at times",
    names: `cron-harakiri legion-cron cron-legion unique-legion-cron unique-cron-legion curl-cron cron-curl legion-curl-cron
      legion-cron-curl curl-cron-legion cron-curl-legion`,
  },
  {
    verdict: "elsewhere",
    text: "hooks of the application, ExecStartPre= and ExecStopPost= of systemd run what belongs to start and end",
    names: `hook-asap hook-pre-jail hook-post-jail hook-in-jail hook-as-root hook-as-user hook-as-user-atexit hook-pre-app
      hook-post-app hook-post-fork hook-accepting hook-accepting1 hook-accepting-once hook-accepting1-once
      hook-master-start hook-touch hook-emperor-start hook-emperor-stop hook-emperor-reload hook-emperor-lost
      hook-as-vassal hook-as-emperor hook-as-mule hook-as-gateway hook-as-emperor-before-vassal hook-as-emperor-setns
      hook-as-on-config-vassal hook-as-on-demand-vassal hook-as-vassal-before-drop after-request-hook after-request-call
      exec-asap exec-pre-jail exec-post-jail exec-in-jail exec-as-root exec-as-user exec-as-user-atexit exec-pre-app
      exec-post-app exec-as-vassal exec-as-emperor call-asap call-pre-jail call-post-jail call-in-jail call-as-root
      call-as-user call-as-user-atexit call-pre-app call-post-app call-as-vassal call-as-vassal1 call-as-vassal3
      call-as-emperor call-as-emperor1 call-as-emperor2 call-as-emperor4 vassals-start-hook vassals-stop-hook
      file-write privileged-binary-patch unprivileged-binary-patch privileged-binary-patch-arg
      unprivileged-binary-patch-arg`,
  },
  {
    verdict: "elsewhere",
    text: `${SYSTEMD}: RootDirectory=, PrivateTmp=, BindPaths=, CapabilityBoundingSet=`,
    names: `chroot pivot-root pivot_root cap emperor-cap vassals-cap vassal-cap unshare unshare2 setns-socket
      setns-socket-skip setns-skip setns setns-preopen jailed refork re-fork refork-as-root re-fork-as-root
      refork-post-jail re-fork-post-jail mount-asap mount-pre-jail mount-post-jail mount-in-jail mount-as-root
      mount-as-vassal mount-as-emperor umount-asap umount-pre-jail umount-post-jail umount-in-jail umount-as-root
      umount-as-vassal umount-as-emperor namespace namespace-keep-mount ns namespace-net ns-net jail jail2 jail-attach
      jail-ip4 jail-ip6 jid-file jidfile libjail emperor-use-clone tuntap-router tuntap-device tuntap-use-credentials
      tuntap-router-firewall-in tuntap-router-firewall-out tuntap-router-route tuntap-router-stats tuntap-device-rule`,
  },
  {
    verdict: "elsewhere",
    text: `${SYSTEMD}: LimitNOFILE=, LimitNPROC=, Nice=, CPUAffinity=, MemoryMax=`,
    names: "max-fd limit-nproc prio cpu-affinity cgroup cgroup-opt cgroup-dir-mode",
  },
  {
    verdict: "elsewhere",
    text: `${SYSTEMD}: After= and RequiresMountsFor=`,
    names: `wait-for-interface wait-for-interface-timeout wait-interface wait-interface-timeout wait-for-iface
      wait-for-iface-timeout wait-iface wait-iface-timeout wait-for-fs wait-for-file wait-for-dir wait-for-mountpoint
      wait-for-fs-timeout wait-for-socket wait-for-socket-timeout`,
  },
  {
    verdict: "elsewhere",
    text: "node maps memory that it does not use: --max-old-space-size of node-option limits the heap, reload-on-rss the worker",
    names: `limit-as reload-on-as evil-reload-on-as reload-on-uss reload-on-pss cheaper-rss-limit-soft
      cheaper-rss-limit-hard`,
  },
  {
    verdict: "elsewhere",
    text: "uisge status --json has the numbers, for whatever collects them",
    names: `enable-metrics metric metric-threshold metrics-dir metrics-dir-restore metric-dir metric-dir-restore
      metrics-no-cores stats-push stats-pusher-default-freq stats-pushers-default-freq snmp snmp-community carbon
      carbon-timeout carbon-freq carbon-id carbon-no-workers carbon-max-retry carbon-retry-delay carbon-root
      carbon-hostname-dots carbon-name-resolve carbon-resolve-names carbon-idle-avg carbon-use-metrics rrdtool
      rrdtool-freq rrdtool-lib statsd-no-workers statsd-all-gauges zabbix-template nagios`,
  },
  {
    verdict: "elsewhere",
    text: "alarms are raised by what reads the log and uisge status --json",
    names: `alarm alarm-cheap alarm-freq alarm-fd alarm-segfault segfault-alarm alarm-backlog backlog-alarm lq-alarm alarm-lq
      alarm-listen-queue listen-queue-alarm log-alarm alarm-log not-log-alarm not-alarm-log alarm-list alarms-list
      alarm-msg-size metric-alarm alarm-metric`,
  },
  {
    verdict: "elsewhere",
    text: "sockets are never let go: reloads and uisge upgrade lose no connection without it",
    names:
      "zerg zerg-fallback zerg-server zergpool zerg-pool fork-server fork-socket vassal-fork-base emperor-use-fork-server",
  },
  {
    verdict: "elsewhere",
    text: "which machine serves is decided before it: keepalived, a balancer, uisge route with subscriptions",
    names: `legion legion-mcast legion-node legion-freq legion-tolerance legion-death-on-lord-error legion-skew-tolerance
      legion-lord legion-unlord legion-setup legion-death legion-join legion-node-joined legion-node-left legion-quorum
      legion-scroll legion-scroll-max-size legion-scroll-list-max-size legion-attach-daemon legion-smart-attach-daemon
      legion-smart-attach-daemon2`,
  },
  {
    verdict: "elsewhere",
    text: "env = NAME=VALUE says each; EnvironmentFile= of systemd reads files",
    names: "envdir early-envdir unenv",
  },
  { verdict: "elsewhere", text: "chdir is where it is before the application is loaded", names: "chdir2 force-cwd" },
  { verdict: "elsewhere", text: "socket = @NAME", names: "abstract-socket" },
  {
    verdict: "elsewhere",
    text: "all workers share each socket: socket = ADDRESS",
    names: "shared-socket undeferred-shared-socket map-socket",
  },
  {
    verdict: "elsewhere",
    text: "sockets are uwsgi: nginx, uisge bridge and uisge route speak it",
    names: "protocol socket-protocol",
  },
  {
    verdict: "elsewhere",
    text: "it is an instruction of the file, which is followed where a file has it",
    names: `set set-placeholder set-ph get declare-option declare-option2 resolve for for-glob for-times for-readline endfor
      end-for if-opt if-not-opt if-env if-not-env ifenv if-reload if-not-reload if-hostname if-not-hostname
      if-hostname-match if-not-hostname-match if-exists if-not-exists ifexists if-plugin if-not-plugin ifplugin if-file
      if-not-file if-dir if-not-dir ifdir if-directory else endif end-if blacklist end-blacklist whitelist end-whitelist
      inherit include inject-before inject-after config fallback-config ini xml xmlconfig yaml yml json js ldap sqlite
      sqlite3 mode print iprint exit`,
  },
];
