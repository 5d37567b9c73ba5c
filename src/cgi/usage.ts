/** What to say to somebody who runs a CGI program by hand. */

/** `path`: of the program. */
export function usage(path: string): string {
  return `This is a CGI program: a web server starts it, with the request in its environment, and REQUEST_METHOD is not there.

Apache:     a2enmod cgid, then for its folder: Options +ExecCGI, AddHandler cgi-script .cgi
lighttpd:   server.modules += ("mod_cgi"), cgi.assign = (".cgi" => "")
both:       chmod +x ${path}, which begins with #!/usr/bin/env node

By hand:    GATEWAY_INTERFACE=CGI/1.1 REQUEST_METHOD=GET PATH_INFO=/ node ${path}
`;
}
