/** The hello of the side-by-side as a fetch handler, for node:http and for our fetch interface. */
import { HELLO } from "./applications.ts";

const headers = { "Content-Type": "text/plain" };

export const application = {
  fetch(request: Request): Response {
    const { pathname } = new URL(request.url);
    const isHello = pathname === "/hello" || pathname === "/articles/list";
    return isHello ? new Response(HELLO, { headers }) : new Response(null, { status: 404 });
  },
};
