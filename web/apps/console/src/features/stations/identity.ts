// OCPP-J 1.6 section 3.1.1 and OCPP 2.0.1 part 4 section 3.1.1: the identity is part of a URL, at most 48 characters. It is also the
// name in HTTP Basic, where a colon ends it.
export const IDENTITY = /^[A-Za-z0-9*_=+|@.-]{1,48}$/;
