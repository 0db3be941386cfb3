{{/*
Brings the service's schema up to date, from the service's own image. No hook: it runs beside the pods, which become ready
once their schema is there. Its name follows from what it runs, so an upgrade that changes nothing runs nothing.
*/}}
{{- define "alcove.part.migration" -}}
{{- if .node.database -}}
{{- $spec := include "alcove.migrationPod" . -}}
apiVersion: batch/v1
kind: Job
metadata:
  name: {{ .name }}-migrate-{{ printf "%s%s" (include "alcove.image" .) $spec | sha256sum | trunc 10 }}
  labels:
    app.kubernetes.io/name: {{ .name }}
    app.kubernetes.io/component: migration
    {{- omit (include "alcove.labels" . | fromYaml) "app.kubernetes.io/name" "app.kubernetes.io/component" | toYaml | nindent 4 }}
  annotations:
    alcove.dev/image: {{ include "alcove.image" . }}
spec:
  # A database that is not there yet is waited for, also when that takes many tries.
  backoffLimit: 30
  template:
    metadata:
      labels:
        app.kubernetes.io/name: {{ .name }}
        app.kubernetes.io/component: migration
        app.kubernetes.io/part-of: alcove
    spec: {{- $spec | nindent 6 }}
{{- end }}
{{- end }}

{{- define "alcove.migrationPod" -}}
restartPolicy: OnFailure
{{ include "alcove.podSpec" . | trim }}
{{- if or .global.database.adminSecret (eq .global.database.mode "builtin") }}
# Makes the role and the database; it waits for nothing but the server it works on.
initContainers:
  - name: provision
    args: [dist/provision.js]
    {{- include "alcove.migrationContainer" . | nindent 4 }}
      - name: DATABASE_ADMIN_URL
        valueFrom:
          secretKeyRef: { name: {{ .global.database.adminSecret | default "postgresql" }}, key: url }
{{- end }}
containers:
  - name: migrate
    args: [dist/migrate.js]
    {{- include "alcove.migrationContainer" . | nindent 4 }}
{{- with include "alcove.migrationVolumes" . | trim }}
volumes:
  {{- . | nindent 2 }}
{{- end }}
{{- end }}

{{/* What the service itself has of the operator's own, for its migrations reach the same server by the same way. */}}
{{- define "alcove.migrationVolumes" -}}
{{- include "alcove.caVolumes" (merge (dict "node" (dict "database" true)) .) }}
{{- include "alcove.trustedVolumes" . }}
{{- with .values.extraVolumes }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{- define "alcove.migrationMounts" -}}
{{- include "alcove.caMounts" (merge (dict "node" (dict "database" true)) .) }}
{{- include "alcove.trustedMounts" . }}
{{- with .values.extraVolumeMounts }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{- define "alcove.migrationEnv" -}}
{{- include "alcove.trustedEnv" . }}
{{- with .values.extraEnv }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{/* Ends with the list of variables, so that one more can follow. */}}
{{- define "alcove.migrationContainer" -}}
image: {{ include "alcove.image" . }}
imagePullPolicy: {{ include "alcove.pullPolicy" . }}
securityContext: {{- include "alcove.containerSecurity" . | nindent 2 }}
resources:
  requests: { cpu: 20m, memory: 64Mi, ephemeral-storage: 16Mi }
  limits: { memory: 256Mi, ephemeral-storage: 128Mi }
{{- with include "alcove.migrationMounts" . | trim }}
volumeMounts:
  {{- . | nindent 2 }}
{{- end }}
env:
  - name: START_GIVES_WAY_MS
    value: {{ mul .values.lifecycle.giveWaySeconds 1000 | quote }}
  - name: DATABASE_URL
    valueFrom:
      secretKeyRef: { name: {{ include "alcove.databaseSecret" . }}, key: url }
{{- with include "alcove.migrationEnv" . | trim }}
  {{- . | nindent 2 }}
{{- end }}
{{- end }}
