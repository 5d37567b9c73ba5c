/** Options of uWSGI's that have no meaning here. Pure. */
import type { UwsgiGroup } from "./group.ts";

export const none: readonly UwsgiGroup[] = [
  {
    verdict: "none",
    text: "connections carry one request each, as nginx makes them",
    names: "puwsgi-socket",
  },
  {
    verdict: "none",
    text: "uwsgi is the only protocol of sockets",
    names: `fastcgi-socket fastcgi-nph-socket fastcgi-modifier1 fastcgi-modifier2 scgi-socket scgi-nph-socket scgi-modifier1
      scgi-modifier2 raw-socket raw-modifier1 raw-modifier2 zeromq zmq zeromq-socket zmq-socket mongrel2 pty-socket pty-log
      pty-input pty-connect pty-uconnect pty-no-isig pty-exec`,
  },
  {
    verdict: "none",
    text: "packets of this kind are not served; the application can be asked by HTTP",
    names: "rpc-max udp multicast multicast-ttl multicast-loop subscription-notify-socket ping ping-timeout",
  },
  {
    verdict: "none",
    text: "processes share no memory and no locks",
    names: "locks lock-engine ftok persistent-ipcsem sharedarea flock flock-wait flock2 flock-wait2 ksm never-swap",
  },
  {
    verdict: "none",
    text: "there is always a worker",
    names:
      "cheap idle die-on-idle emperor-on-demand-extension emperor-on-demand-ext emperor-on-demand-directory emperor-on-demand-dir emperor-on-demand-exec vassal-sos vassal-sos-backlog",
  },
  {
    verdict: "none",
    text: "name is what uisge status calls an instance; titles of processes are left alone",
    names: "auto-procname procname-prefix procname-prefix-spaced procname-append procname procname-master",
  },
  {
    verdict: "none",
    text: "sockets are set up as Node sets them up",
    names: `no-defer-accept tcp-nodelay so-keepalive socket-sndbuf socket-rcvbuf freebind reuse-port tcp-fast-open tcp-fastopen
      tcp-fast-open-client tcp-fastopen-client enable-proxy-protocol no-fd-passing shutdown-sockets`,
  },
  {
    verdict: "none",
    text: "a request's body has CONTENT_LENGTH: nginx says it",
    names: "chunked-input-limit chunked-input-timeout upload-progress",
  },
  {
    verdict: "none",
    text: "a response's head may be as long as front ends take it",
    names: "response-headers-limit",
  },
  {
    verdict: "none",
    text: "it belongs to how uWSGI works inside",
    names: `harakiri-no-arh no-harakiri-arh no-harakiri-after-req-hook skip-zero skip-atexit skip-atexit-teardown honour-stdin
      force-gateway reaper min-worker-lifetime safe-fd fd-safe exit-on-reload command-mode no-server check-mountpoint
      mountpoint-check check-mount mount-check propagate-touch pcre-jit clock clock-list clocks-list loop loop-list
      loops-list thread-stacksize threads-stacksize thread-stack-size threads-stack-size ugreen-stacksize binsh
      binary-path binary-append-data extract drop-after-init drop-after-apps weight auto-weight
      subscribe-with-modifier1 subscriptions-credentials-check subscriptions-use-credentials
      subscription-clear-on-shutdown subscription-vassal-required logger-list loggers-list imperial-monitor-list
      imperial-monitors-list cheaper-algo-list cheaper-algos-list cheaper-list reload-on-fd brutal-reload-on-fd
      fs-brutal-reload disable-async-warn-on-queue-full notify-socket dump-options show-config version help usage
      print-sym print-symbol heartbeat notfound-log`,
  },
  {
    verdict: "none",
    text: "the emperor here has folders, and one way to start a vassal",
    names: `emperor-proxy-socket emperor-wrapper emperor-wrapper-override emperor-wrapper-fallback
      emperor-required-heartbeat emperor-curse-tolerance emperor-broodlord emperor-chdir-attr emperor-collect-attr
      emperor-collect-attribute emperor-fork-server-attr emperor-subreaper emperor-trigger-socket
      emperor-wait-for-command emperor-wait-for-command-ignore emperor-wrapper-attr zeus`,
  },
  {
    verdict: "none",
    text: "it is of a plugin of uWSGI's that has no counterpart",
    names: `forkptyrouter forkpty-router forkptyurouter forkpty-urouter forkptyrouter-command forkpty-router-command
      forkptyrouter-cmd forkpty-router-cmd forkptyrouter-rows forkptyrouter-cols forkptyrouter-processes
      forkptyrouter-workers forkptyrouter-zerg forkptyrouter-fallback forkptyrouter-events forkptyrouter-cheap
      forkptyrouter-timeout forkptyrouter-stats forkptyrouter-stats-server forkptyrouter-ss forkptyrouter-harakiri
      geoip-country geoip-city geoip-use-disk ldap-schema ldap-schema-ldif pam pam-user webdav-css webdav-javascript
      webdav-js webdav-class-directory webdav-div webdav-lock-cache webdav-principal-base webdav-add-option
      webdav-add-prop webdav-add-collection-prop webdav-add-object-prop webdav-add-prop-href
      webdav-add-collection-prop-href webdav-add-object-prop-href webdav-add-prop-comp webdav-add-collection-prop-comp
      webdav-add-object-prop-comp webdav-add-rtype-prop webdav-add-rtype-collection-prop webdav-add-rtype-object-prop
      webdav-skip-prop`,
  },
];
