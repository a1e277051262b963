/** Where the file of flags is, and how the environment says otherwise: for whoever does not read it. */

/** Read where nobody names another. */
export const CONFIG_FILE = '/etc/postfix-tls-watch.toml';

/** Names another file in place of it; empty: none is read. */
export const CONFIG_VARIABLE = 'POSTFIX_TLS_WATCH_CONFIG';
