package main

import (
	"errors"
	"fmt"
	"slices"

	monitoring "github.com/prometheus-operator/prometheus-operator/pkg/apis/monitoring/v1"
	core "k8s.io/api/core/v1"
	networking "k8s.io/api/networking/v1"
	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/pod-security-admission/api"
	"k8s.io/pod-security-admission/policy"
)

// exporterName is what the container of the exporter is called.
const exporterName = "postfix-tls-exporter"

// checkPod finds references to what is not there, and holds the pod against the Pod Security Standards: as a whole it must be
// baseline, for Postfix needs to be root, and what the exporter adds to it must be restricted.
func checkPod(pod *core.PodTemplateSpec) error {
	if pod == nil {
		return nil
	}
	alone := pod.DeepCopy()
	foreign := func(c core.Container) bool { return c.Name != exporterName }
	alone.Spec.Containers = slices.DeleteFunc(alone.Spec.Containers, foreign)
	alone.Spec.InitContainers = slices.DeleteFunc(alone.Spec.InitContainers, foreign)
	errs := []error{checkReferences(pod), checkLevel(pod, api.LevelBaseline), checkLevel(alone, api.LevelRestricted)}
	return errors.Join(errs...)
}

func checkLevel(pod *core.PodTemplateSpec, level api.Level) error {
	evaluator, err := policy.NewEvaluator(policy.DefaultChecks(), nil)
	if err != nil {
		return fmt.Errorf("checks of pod security: %w", err)
	}
	results := evaluator.EvaluatePod(api.LevelVersion{Level: level, Version: api.LatestVersion()}, &pod.ObjectMeta, &pod.Spec)
	if all := policy.AggregateCheckResults(results); !all.Allowed {
		return fmt.Errorf("not %s: %s", level, all.ForbiddenDetail())
	}
	return nil
}

// checkReferences finds mounts without a volume, and probes of ports that no container names.
func checkReferences(pod *core.PodTemplateSpec) error {
	var errs []error
	for _, c := range slices.Concat(pod.Spec.InitContainers, pod.Spec.Containers) {
		for _, m := range c.VolumeMounts {
			if !slices.ContainsFunc(pod.Spec.Volumes, func(v core.Volume) bool { return v.Name == m.Name }) {
				errs = append(errs, fmt.Errorf("container %s mounts %s, which is no volume", c.Name, m.Name))
			}
		}
		for _, probe := range []*core.Probe{c.LivenessProbe, c.ReadinessProbe, c.StartupProbe} {
			if probe != nil && probe.HTTPGet != nil && !hasPort(c, probe.HTTPGet.Port.StrVal) {
				errs = append(errs, fmt.Errorf("container %s is probed on port %s, which it does not have", c.Name, probe.HTTPGet.Port.String()))
			}
		}
		for _, p := range c.Ports {
			for _, wrong := range validation.IsValidPortName(p.Name) {
				errs = append(errs, fmt.Errorf("port %s of container %s: %s", p.Name, c.Name, wrong))
			}
		}
	}
	return errors.Join(errs...)
}

func hasPort(c core.Container, name string) bool {
	return slices.ContainsFunc(c.Ports, func(p core.ContainerPort) bool { return p.Name == name })
}

// checkPorts finds names of ports, in what is around the pods, that no container has.
func checkPorts(objects []any) error {
	var named []string
	for _, object := range objects {
		if pod := podTemplate(object); pod != nil {
			for _, c := range slices.Concat(pod.Spec.InitContainers, pod.Spec.Containers) {
				for _, p := range c.Ports {
					named = append(named, p.Name)
				}
			}
		}
	}
	var errs []error
	for _, object := range objects {
		for _, name := range portsMeant(object) {
			if name != "" && !slices.Contains(named, name) {
				errs = append(errs, fmt.Errorf("%T means port %s, which no container has", object, name))
			}
		}
	}
	return errors.Join(errs...)
}

// portsMeant are the names by which an object means ports of pods.
func portsMeant(object any) []string {
	var names []string
	switch o := object.(type) {
	case *core.Service:
		for _, p := range o.Spec.Ports {
			names = append(names, p.TargetPort.StrVal)
		}
	case *networking.NetworkPolicy:
		for _, rule := range o.Spec.Ingress {
			for _, p := range rule.Ports {
				names = append(names, p.Port.StrVal)
			}
		}
	case *monitoring.PodMonitor:
		for _, e := range o.Spec.PodMetricsEndpoints {
			if e.Port != nil {
				names = append(names, *e.Port)
			}
		}
	}
	return names
}
