{{/* What every pod of ours is and has. */}}

{{- define "voltway.labels" -}}
app.kubernetes.io/name: voltway
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- end }}

{{- define "voltway.selector" -}}
app.kubernetes.io/name: voltway
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{/* All modules but the gateway, in the order in which they start. */}}
{{- define "voltway.serverModules" -}}
audit accounts stations organisations security users fleets billing payments documents sessions ledger reservations grid energy allocation files provisioning campaigns detection notify directory reports insight timeline desk workbench live telemetry
{{- end }}

{{- define "voltway.podSecurity" -}}
runAsNonRoot: true
runAsUser: 10001
fsGroup: 10001
seccompProfile: {type: RuntimeDefault}
{{- end }}

{{- define "voltway.container" -}}
image: "{{ .Values.image.repository }}:{{ .Values.image.tag }}"
imagePullPolicy: {{ .Values.image.pullPolicy }}
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  capabilities: {drop: [ALL]}
envFrom:
  - configMapRef: {name: {{ .Release.Name }}-settings}
{{- end }}

{{/* How the processes of an installation find each other. */}}
{{- define "voltway.bus" -}}
- name: VOLTWAY_BUS__HOST
  value: 0.0.0.0
- name: VOLTWAY_BUS__TOLD_HOST
  valueFrom: {fieldRef: {fieldPath: status.podIP}}
{{- end }}

{{- define "voltway.mounts" -}}
- {name: data, mountPath: /data}
- {name: temporary, mountPath: /tmp}
- {name: database, mountPath: /run/voltway/database, readOnly: true}
- {name: secret, mountPath: /run/voltway/secret, readOnly: true}
{{- end }}

{{- define "voltway.volumes" -}}
- name: temporary
  emptyDir: {}
- name: database
  secret: {secretName: {{ .Values.databaseSecret }}, defaultMode: 0440}
- name: secret
  secret: {secretName: {{ .Values.secret }}, defaultMode: 0440}
{{- end }}

{{- define "voltway.probes" -}}
startupProbe:
  httpGet: {path: /readyz, port: http}
  failureThreshold: 60
  periodSeconds: 2
readinessProbe:
  httpGet: {path: /readyz, port: http}
  periodSeconds: 5
livenessProbe:
  httpGet: {path: /healthz, port: http}
  periodSeconds: 10
  failureThreshold: 6
{{- end }}
