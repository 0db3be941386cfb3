#!/usr/bin/env bash
# minikube as Alcove wants it: enforced NetworkPolicies (the default network has none), metrics for autoscalers, room for all.
set -euo pipefail
minikube start --cni=calico --cpus=4 --memory=6g --kubernetes-version=v1.34.0
minikube addons enable metrics-server
