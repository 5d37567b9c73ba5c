// A fetch handler. Run it: npx uisge serve examples/hello/fetch.js --socket /tmp/app.sock

export default {
  /**
   * @param {Request} request
   * @param {import("uisge/app").FetchEnv} env
   */
  fetch(request, env) {
    const { pathname } = new URL(request.url);
    return new Response(`Hello, ${env.remote.address ?? "world"}, you asked for ${pathname}\n`);
  },
};
