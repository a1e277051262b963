/** The channel that takes what it is told, and the one that is down on the day of the kill. */
export const MAIL = { kind: 'mail', name: 'mail' };
export const CHAT = { kind: 'chat', name: 'chat' };
