"""Provisioning: stations are set up by templates, when they first boot or when somebody asks for it.

Owns: templates (orders in their sequence, for stations of a vendor, a model, a location), the stations that are due, every run
with the result of each step.

The template that says most about a station is applied after a boot, once for each of its revisions; of a run that
failed what is not in force is done again with the next boot. A step that the station takes with a boot only has it reset once, when
nothing charges, and the run goes on after that boot. A pending station can be configured: with `is_accepting` it is accepted when it has taken all steps,
and then asked to boot again (B02). A template may hold any order: variables, a network profile, certificates, local list
entries, charging profiles. Its secrets are those that orders hold, and are masked in the commands' records.

Asks: `FindStations`, `LocationExists`, `CheckOrder`, `ReadVariables`, `SendCommand`, `AcceptStation`, `FindCredential` of
stations. Answers: `FindTemplateName`, `ApplyTemplate`. Listens to: `StationChanged` (booted). Publishes nothing.
"""

from voltway.contracts.provisioning import ApplyTemplate, FindTemplateName
from voltway.contracts.stations import StationChanged
from voltway.kernel.module import Job, Manifest
from voltway.modules.provisioning import api, applying, handlers

MANIFEST = Manifest(
    name="provisioning",
    answers={FindTemplateName: handlers.find_template_name, ApplyTemplate: handlers.apply_template},
    listens={StationChanged: handlers.on_station_changed},
    routes=lambda: (api.router,),
    jobs=(Job("apply", 1.0, applying.apply_due, everywhere=True),),
    stop=applying.stop,
)
