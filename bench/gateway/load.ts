/** How much the fronts are asked at a time. */

/** Connections that the load keeps. */
export const HTTP_CONNECTIONS = 32;

/** A long queue of connections, for all alike. */
export const BACKLOG = 4_096;
