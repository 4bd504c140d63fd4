/** Words of a station's timeline; `cause` has the causes that the platform's rules name. */
export const timeline = {
  timeline: {
    at: "Erklären um",
    earlier: "30 min früher",
    later: "30 min später",
    now: "Jetzt",
    evse: "EVSE",
    allEvses: "Alle EVSEs",
    export: "Speichern",
    show: "Verlauf zeigen",
    sources: "Was gezeigt wird",
    before: "vorher",
    evidence: "Beleg",
    probably: "Wahrscheinlich",
    also: "Außerdem",
    stationSays: "Die Station sagt",
    cut: "Es gab mehr, als hier steht. Wählen Sie eine Zeit, um zu sehen, was um sie herum geschah.",
    empty: "Nichts geschehen",
    emptyText: "In dieser Zeit kein Wort der Station, ihrer Fahrer oder von uns.",
    linkUp: "Verbunden",
    linkLost: "Verbindung verloren",
    noAnswer: "keine Antwort",
    answeredWithError: "mit dem Fehler {{code}} beantwortet",
    waited: "nach {{ms}} ms",
    openIncident: "Vorfall öffnen",
    source: { link: "Verbindung", status: "Status", message: "Nachricht", command: "Befehl", session: "Ladevorgang", payment: "Zahlung", incident: "Vorfall" },
    session: { started: "Ladevorgang begonnen", charging_ended: "Laden beendet", ended: "Ladevorgang beendet", unplugged: "Ausgesteckt" },
    payment: { opened: "Zahlung eröffnet", held: "Betrag reserviert", captured: "Bezahlt", released: "Reservierung aufgehoben", failed: "Zahlung gescheitert" },
    cause: {
      no_link: {
        title: "Die Station hat keine Verbindung.",
        next: "Prüfen, ob die Nachbarn verbunden sind. Wenn ja: Strom und Modem dieser Station; wenn nein: das Netz des Standorts.",
      },
      flapping: {
        title: "Die Verbindung bricht immer wieder ab.",
        next: "Signalstärke und Protokoll des Routers ansehen; die Station öfter anklopfen lassen, als das Netz stille Leitungen trennt.",
      },
      rejected: {
        title: "Die Station ist abgelehnt.",
        next: "Annehmen, wenn es die eigene ist; wer sie abgelehnt hat, steht im Protokoll.",
      },
      pending: {
        title: "Die Station wartet auf ihre Annahme.",
        next: "Annehmen oder ihre Einrichtung abschließen.",
      },
      updating: {
        title: "Die Station installiert Firmware.",
        next: "Warten; sie meldet, wenn sie fertig ist. Bis dahin kann niemand laden.",
      },
      fault_lock: {
        title: "Die Verriegelung des Steckers schließt oder öffnet nicht.",
        next: "Von hier entriegeln; hilft das nicht, vor Ort prüfen, ob der Stecker sitzt und der Riegel sich bewegt.",
      },
      fault_car: {
        title: "Auto und Station verstehen einander nicht.",
        next: "Neu einstecken lassen und ein anderes Auto probieren. Bei jedem Auto: das Kabel oder der Control Pilot.",
      },
      fault_ground: {
        title: "Der Fehlerstromschutz hat ausgelöst.",
        next: "Außer Betrieb, bis eine Elektrofachkraft geprüft hat. Nicht von hier zurücksetzen.",
      },
      fault_heat: {
        title: "Die Station ist zu heiß.",
        next: "Abkühlen lassen; Lüfter und Filter ansehen, ebenso die Kontakte des Steckers.",
      },
      fault_current: {
        title: "Es floss mehr Strom als erlaubt.",
        next: "Ein anderes Auto probieren. Kommt es wieder: Schutzschalter, Kabel, eingestellte Grenzen.",
      },
      fault_voltage: {
        title: "Die Netzspannung ist nicht, wie sie sein soll.",
        next: "Am Standort fragen und sehen, ob andere Stationen dort dasselbe sagen; dann liegt es am Netz.",
      },
      fault_meter: {
        title: "Der Energiezähler antwortet nicht.",
        next: "Ohne ihn darf nichts abgerechnet werden: außer Betrieb, und jemand muss zum Zähler.",
      },
      fault_switch: {
        title: "Ein Schütz schaltet nicht.",
        next: "Außer Betrieb, bis jemand nachgesehen hat: Er kann verschweißt sein.",
      },
      fault_reader: {
        title: "Der Kartenleser antwortet nicht.",
        next: "Station neu starten; bis dahin kann per App gestartet werden.",
      },
      fault_internal: {
        title: "Die Elektronik der Station ist gestört.",
        next: "Neu starten; danach den Hersteller fragen.",
      },
      fault_other: {
        title: "Die Station meldet eine Störung.",
        next: "Den Fehlercode beim Hersteller nachschlagen; einmal neu starten. Kommt er wieder: vor Ort prüfen lassen.",
      },
      fault_passed: {
        title: "Eine Störung kam und ging von selbst.",
        next: "Im Auge behalten. Kommt sie wieder, prüfen lassen, bevor sie bleibt.",
      },
      weak_signal: {
        title: "Das Mobilfunksignal ist schwach.",
        next: "Antenne versetzen oder tauschen, oder ein anderes Netz.",
      },
      warning: {
        title: "Die Station warnt vor etwas.",
        next: "Das Wort, das sie nennt, im Handbuch des Herstellers nachschlagen.",
      },
      taken_out: {
        title: "Jemand hat sie außer Betrieb genommen.",
        next: "Fragen, wer es war; wieder in Betrieb nehmen, wenn der Grund weg ist.",
      },
      out_of_service: {
        title: "Die Station sagt, sie sei außer Betrieb.",
        next: "Wieder in Betrieb nehmen; bleibt sie draußen, hat sie einen Grund, den sie nicht nennt: neu starten.",
      },
      emergency_stop: {
        title: "Jemand hat den Not-Aus gedrückt.",
        next: "Am Standort fragen, warum. Dann muss der Knopf vor Ort gelöst werden.",
      },
      power_loss: {
        title: "Der Strom war weg.",
        next: "Sehen, ob der ganze Standort dunkel war; der Schutzschalter, wenn nur diese.",
      },
      rebooted_in_session: {
        title: "Die Station startete neu, während ein Auto lud.",
        next: "Sehen, wer es angeordnet hat. Wenn niemand: der Strom oder ihre Firmware.",
      },
      limit_reached: {
        title: "Eine Grenze beendete den Ladevorgang.",
        next: "So war es vereinbart; die Grenze steht beim Ladevorgang.",
      },
      token_blocked: {
        title: "Die Karte ist gesperrt.",
        next: "In den Notizen der Karte nachsehen, warum; entsperren, wenn sie laden soll.",
      },
      token_expired: {
        title: "Die Karte ist abgelaufen.",
        next: "Ein späteres Datum geben oder eine neue Karte.",
      },
      token_unknown: {
        title: "Diese Karte kennt niemand.",
        next: "Vergleichen, was die Station las und was auf der Karte steht; dann anlegen.",
      },
      token_busy: {
        title: "Mit dieser Karte wird schon anderswo geladen.",
        next: "Den anderen Ladevorgang beenden oder zwei zugleich erlauben.",
      },
      token_no_credit: {
        title: "Das Guthaben reicht nicht.",
        next: "Aufladen oder anders bezahlen.",
      },
      token_not_here: {
        title: "Die Karte darf an diesem Ort nicht laden.",
        next: "Nachsehen, für welche Orte ihre Gruppe gilt.",
      },
      token_not_now: {
        title: "Die Karte darf zu dieser Stunde nicht laden.",
        next: "Nachsehen, welche Zeiten ihre Gruppe hat.",
      },
      token_refused: {
        title: "Die Karte wurde abgelehnt.",
        next: "Die Karte ansehen; der Zwischenspeicher der Station kann veraltet sein.",
      },
      payment_failed: {
        title: "Die Zahlung ist gescheitert.",
        next: "Es wurde nichts abgebucht. Noch einmal versuchen oder eine andere Karte.",
      },
      start_rejected: {
        title: "Die Station weigerte sich zu starten.",
        next: "Prüfen, ob der Anschluss frei und gesteckt ist; den Status neu erfragen.",
      },
      start_unanswered: {
        title: "Die Station antwortete nicht auf den Startbefehl.",
        next: "Prüfen, ob sie überhaupt antwortet; dann neu starten.",
      },
      not_plugged: {
        title: "Die Station war bereit, aber es wurde nicht rechtzeitig eingesteckt.",
        next: "Erst einstecken, dann starten lassen. Der reservierte Betrag wird von selbst frei.",
      },
      suspended_by_station: {
        title: "Die Station hält den Strom zurück.",
        next: "Grenzen, Ladeprofile und die Last des Standorts ansehen.",
      },
      suspended_by_car: {
        title: "Das Auto nimmt keinen Strom.",
        next: "Es ist voll oder wartet auf seine eigene Uhr; das zeigt das Auto an.",
      },
      no_energy: {
        title: "Der Ladevorgang endete ohne Energie.",
        next: "Neu einstecken lassen. Bei jedem Auto: anderen Anschluss probieren, Kontakte ansehen.",
      },
      protocol_error: {
        title: "Nachrichten wurden mit Fehlern beantwortet.",
        next: "Die Nachrichten daneben lesen; was von diesem Fabrikat bekannt ist, steht bei den Eigenheiten.",
      },
      unanswered: {
        title: "Die Station beantwortet Befehle nicht.",
        next: "Prüfen, ob sie überhaupt hört; dann neu starten.",
      },
      reserved: {
        title: "Der Anschluss ist für jemanden reserviert.",
        next: "Für wen und bis wann, sagt die Reservierung.",
      },
      rebooted: {
        title: "Die Station ist neu gestartet.",
        next: "Hat es niemand angeordnet, war der Strom weg oder die Firmware stürzte ab.",
      },
      nothing_unusual: {
        title: "Nichts Ungewöhnliches.",
        next: "Die Station war verbunden und bereit. Den Zeitraum erweitern oder fragen, was auf dem Bildschirm stand.",
      },
    },
  },
};
