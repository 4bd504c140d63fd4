/** Words of a station's timeline; `cause` has the causes that the platform's rules name. */
export const timeline = {
  timeline: {
    at: "Explain at",
    earlier: "30 min earlier",
    later: "30 min later",
    now: "Now",
    evse: "EVSE",
    allEvses: "All EVSEs",
    export: "Save",
    show: "Show the timeline",
    sources: "What is shown",
    before: "before",
    evidence: "Evidence",
    probably: "Probably",
    also: "Also",
    stationSays: "The station says",
    cut: "There was more than is shown. Choose a time to see what happened around it.",
    empty: "Nothing happened",
    emptyText: "No word of the station, of its drivers or of us in this time.",
    linkUp: "Connected",
    linkLost: "Connection lost",
    noAnswer: "no answer",
    answeredWithError: "answered with the error {{code}}",
    waited: "after {{ms}} ms",
    openIncident: "Open the incident",
    source: { link: "Connection", status: "Status", message: "Message", command: "Command", session: "Session", payment: "Payment", incident: "Incident" },
    session: { started: "Session begun", charging_ended: "Charging ended", ended: "Session ended", unplugged: "Unplugged" },
    payment: { opened: "Payment opened", held: "Amount held", captured: "Paid", released: "Hold released", failed: "Payment failed" },
    cause: {
      no_link: {
        title: "The station has no connection.",
        next: "See whether its neighbours are connected. If they are: power and modem of this one; if not: the site's network.",
      },
      flapping: {
        title: "The connection breaks again and again.",
        next: "Look at signal strength and at the router's log; let the station ping less often than the network cuts idle lines.",
      },
      rejected: {
        title: "The station is rejected.",
        next: "Accept it, if it is yours; its record says who rejected it.",
      },
      pending: {
        title: "The station waits to be accepted.",
        next: "Accept it, or finish its provisioning.",
      },
      updating: {
        title: "The station installs firmware.",
        next: "Wait; it says when it is done. Nobody can charge until then.",
      },
      fault_lock: {
        title: "The plug's lock does not close or open.",
        next: "Unlock it from here; if that fails, have somebody look whether the plug sits right and the lock moves.",
      },
      fault_car: {
        title: "Car and station do not understand each other.",
        next: "Have the driver plug in again, and try another car. With every car: the cable, or the control pilot.",
      },
      fault_ground: {
        title: "The earth protection has tripped.",
        next: "Out of service until an electrician has looked. Do not reset it from here.",
      },
      fault_heat: {
        title: "The station is too hot.",
        next: "Let it cool; look at fans and filters, and at the connector's contacts.",
      },
      fault_current: {
        title: "More current flowed than is allowed.",
        next: "Try another car. If it comes again: the breaker, the cable, the limits that are set.",
      },
      fault_voltage: {
        title: "The mains voltage is not as it should be.",
        next: "Ask the site, and see whether its other stations say the same; then it is the grid's.",
      },
      fault_meter: {
        title: "The energy meter does not answer.",
        next: "Nothing may be billed without it: out of service, and a technician for the meter.",
      },
      fault_switch: {
        title: "A contactor does not switch.",
        next: "Out of service until a technician has looked: it may be welded.",
      },
      fault_reader: {
        title: "The card reader does not answer.",
        next: "Restart the station; drivers can start by app meanwhile.",
      },
      fault_internal: {
        title: "The station's own electronics have failed.",
        next: "Restart it; then ask its maker.",
      },
      fault_other: {
        title: "The station says that it is broken.",
        next: "Look up the maker's error code; restart it once. If it comes again: a technician.",
      },
      fault_passed: {
        title: "A fault came and went by itself.",
        next: "Watch it. If it comes back, have a technician look before it stays.",
      },
      weak_signal: {
        title: "The mobile signal is weak.",
        next: "Move or change the antenna, or try another network.",
      },
      warning: {
        title: "The station warns of something.",
        next: "Look up the word that it says in its maker's manual.",
      },
      taken_out: {
        title: "Somebody took it out of service.",
        next: "Ask who did; put it back when the reason is gone.",
      },
      out_of_service: {
        title: "The station says that it is out of service.",
        next: "Put it back into service; if it stays out, it has a reason that it does not tell: restart it.",
      },
      emergency_stop: {
        title: "Somebody pressed the emergency stop.",
        next: "Ask the site why. Then the button must be released at the station.",
      },
      power_loss: {
        title: "The power was gone.",
        next: "See whether the whole site was dark; the breaker, if it was this one only.",
      },
      rebooted_in_session: {
        title: "The station restarted while a car was charging.",
        next: "See who ordered it. If nobody did: the power, or its firmware.",
      },
      limit_reached: {
        title: "A limit ended the session.",
        next: "This is as it was agreed; the limit stands in the session.",
      },
      token_blocked: {
        title: "The token is blocked.",
        next: "See why in the token's notes; unblock it if it should charge.",
      },
      token_expired: {
        title: "The token has expired.",
        next: "Give it a later date, or the driver another one.",
      },
      token_unknown: {
        title: "Nobody knows this token.",
        next: "Compare what the station read with what is printed on the card, then add it.",
      },
      token_busy: {
        title: "The token charges elsewhere already.",
        next: "End the other session, or let the token charge twice.",
      },
      token_no_credit: {
        title: "The driver has no credit.",
        next: "A top-up, or another way to pay.",
      },
      token_not_here: {
        title: "The token may not charge at this place.",
        next: "Look at the places that its group is for.",
      },
      token_not_now: {
        title: "The token may not charge at this hour.",
        next: "Look at the hours that its group has.",
      },
      token_refused: {
        title: "The token was refused.",
        next: "Look at the token; its cache in the station may be old.",
      },
      payment_failed: {
        title: "The payment failed.",
        next: "Nothing was taken. The driver may try again, or another card.",
      },
      start_rejected: {
        title: "The station refused to start.",
        next: "See whether the connector is free and plugged; ask for its status anew.",
      },
      start_unanswered: {
        title: "The station did not answer the order to start.",
        next: "See whether it answers at all; then restart it.",
      },
      not_plugged: {
        title: "The station was ready, but no car was plugged in in time.",
        next: "Have the driver plug in first and start then. The hold is released by itself.",
      },
      suspended_by_station: {
        title: "The station holds the current back.",
        next: "Look at limits, charging profiles and the load of the location.",
      },
      suspended_by_car: {
        title: "The car takes no power.",
        next: "It is full, or waits for its own timer. The driver can see it in the car.",
      },
      no_energy: {
        title: "The session ended without energy.",
        next: "Have the driver plug in again. If it happens to every car, try another connector and look at the contacts.",
      },
      protocol_error: {
        title: "Messages were answered with errors.",
        next: "Read the messages beside; see what is known of this make under quirks.",
      },
      unanswered: {
        title: "The station does not answer commands.",
        next: "See whether it hears at all; then restart it.",
      },
      reserved: {
        title: "The connector is kept for somebody.",
        next: "The reservation says for whom and until when.",
      },
      rebooted: {
        title: "The station has restarted.",
        next: "If nobody ordered it, the power was gone or its firmware failed.",
      },
      nothing_unusual: {
        title: "Nothing unusual.",
        next: "The station was connected and ready. Widen the time, or ask the driver what was on its screen.",
      },
    },
  },
};
