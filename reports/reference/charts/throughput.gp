# Draw again with: gnuplot throughput.gp
set encoding utf8
set terminal svg size 860,700 enhanced font 'DejaVu Sans,13' background '#ffffff'
set output 'throughput.svg'
set datafile separator tab
set border 3 linecolor '#888888' linewidth 1
set tics nomirror out scale 0.6 textcolor '#333333'
set grid ytics linecolor '#dddddd' linewidth 0.8 linetype 1
set tmargin 4.4
set label 900 'Throughput with replicas that read along' at screen 0.02,0.9657 left noenhanced font 'DejaVu Sans Bold,15'
set label 901 '1 KiB values, 50 connections' at screen 0.02,0.9314 left noenhanced font ',11' textcolor '#555555'
set key noenhanced reverse Left bmargin left horizontal samplen 3.2 spacing 1.2 width 1 textcolor '#222222'
set yrange [*<0:*]
set multiplot layout 2,1 margins 0.1,0.97,0.21,0.88 spacing 0,0.08
unset key
set xlabel "\n " offset 0,0.4 noenhanced
set ylabel 'Client writes, M/s' noenhanced
set xtics ('0' 0, '1' 1, '2' 2, '4' 3, '8' 4, '16' 5)
set xrange [-0.3:5.3]
plot 'throughput.tsv' index 3 using 1:($3/1000000.0) with lines linecolor '#D55E00' linewidth 2.2 dashtype 2 notitle, \
     'throughput.tsv' index 3 using 1:($4/1000000.0):(0):(($5-$4)/1000000.0) with vectors nohead linecolor '#D55E00' linewidth 1.4 notitle, \
     'throughput.tsv' index 3 using 1:($3/1000000.0) with points linecolor '#D55E00' linewidth 1.6 pointtype 4 pointsize 1.0 notitle, \
     'throughput.tsv' index 2 using 1:($3/1000000.0) with lines linecolor '#0072B2' linewidth 2.2 dashtype 2 notitle, \
     'throughput.tsv' index 2 using 1:($4/1000000.0):(0):(($5-$4)/1000000.0) with vectors nohead linecolor '#0072B2' linewidth 1.4 notitle, \
     'throughput.tsv' index 2 using 1:($3/1000000.0) with points linecolor '#0072B2' linewidth 1.6 pointtype 6 pointsize 0.75 notitle, \
     'throughput.tsv' index 1 using 1:($3/1000000.0) with lines linecolor '#D55E00' linewidth 2.2 dashtype 1 notitle, \
     'throughput.tsv' index 1 using 1:($4/1000000.0):(0):(($5-$4)/1000000.0) with vectors nohead linecolor '#D55E00' linewidth 1.4 notitle, \
     'throughput.tsv' index 1 using 1:($3/1000000.0) with points linecolor '#D55E00' linewidth 1.6 pointtype 5 pointsize 1.0 notitle, \
     'throughput.tsv' index 0 using 1:($3/1000000.0) with lines linecolor '#0072B2' linewidth 2.2 dashtype 1 notitle, \
     'throughput.tsv' index 0 using 1:($4/1000000.0):(0):(($5-$4)/1000000.0) with vectors nohead linecolor '#0072B2' linewidth 1.4 notitle, \
     'throughput.tsv' index 0 using 1:($3/1000000.0) with points linecolor '#0072B2' linewidth 1.6 pointtype 7 pointsize 0.75 notitle, \
     keyentry with linespoints linecolor '#0072B2' linewidth 2.2 dashtype 1 pointtype 7 pointsize 0.75 title 'Sluice, pipeline 64', \
     keyentry with linespoints linecolor '#D55E00' linewidth 2.2 dashtype 1 pointtype 5 pointsize 1.0 title 'Redis, pipeline 64', \
     keyentry with linespoints linecolor '#0072B2' linewidth 2.2 dashtype 2 pointtype 6 pointsize 0.75 title 'Sluice, pipeline 1', \
     keyentry with linespoints linecolor '#D55E00' linewidth 2.2 dashtype 2 pointtype 4 pointsize 1.0 title 'Redis, pipeline 1'
unset label 900
unset label 901
set key at screen 0.08,0.115 left top maxcols 3
set xlabel "Replicas\n " offset 0,0.4 noenhanced
set ylabel 'Deliveries, M/s' noenhanced
set xtics ('0' 0, '1' 1, '2' 2, '4' 3, '8' 4, '16' 5)
set xrange [-0.3:5.3]
plot 'throughput.tsv' index 7 using 1:($3/1000000.0) with lines linecolor '#D55E00' linewidth 2.2 dashtype 2 notitle, \
     'throughput.tsv' index 7 using 1:($4/1000000.0):(0):(($5-$4)/1000000.0) with vectors nohead linecolor '#D55E00' linewidth 1.4 notitle, \
     'throughput.tsv' index 7 using 1:($3/1000000.0) with points linecolor '#D55E00' linewidth 1.6 pointtype 4 pointsize 1.0 notitle, \
     'throughput.tsv' index 6 using 1:($3/1000000.0) with lines linecolor '#0072B2' linewidth 2.2 dashtype 2 notitle, \
     'throughput.tsv' index 6 using 1:($4/1000000.0):(0):(($5-$4)/1000000.0) with vectors nohead linecolor '#0072B2' linewidth 1.4 notitle, \
     'throughput.tsv' index 6 using 1:($3/1000000.0) with points linecolor '#0072B2' linewidth 1.6 pointtype 6 pointsize 0.75 notitle, \
     'throughput.tsv' index 5 using 1:($3/1000000.0) with lines linecolor '#D55E00' linewidth 2.2 dashtype 1 notitle, \
     'throughput.tsv' index 5 using 1:($4/1000000.0):(0):(($5-$4)/1000000.0) with vectors nohead linecolor '#D55E00' linewidth 1.4 notitle, \
     'throughput.tsv' index 5 using 1:($3/1000000.0) with points linecolor '#D55E00' linewidth 1.6 pointtype 5 pointsize 1.0 notitle, \
     'throughput.tsv' index 4 using 1:($3/1000000.0) with lines linecolor '#0072B2' linewidth 2.2 dashtype 1 notitle, \
     'throughput.tsv' index 4 using 1:($4/1000000.0):(0):(($5-$4)/1000000.0) with vectors nohead linecolor '#0072B2' linewidth 1.4 notitle, \
     'throughput.tsv' index 4 using 1:($3/1000000.0) with points linecolor '#0072B2' linewidth 1.6 pointtype 7 pointsize 0.75 notitle, \
     keyentry with linespoints linecolor '#0072B2' linewidth 2.2 dashtype 1 pointtype 7 pointsize 0.75 title 'Sluice, pipeline 64', \
     keyentry with linespoints linecolor '#D55E00' linewidth 2.2 dashtype 1 pointtype 5 pointsize 1.0 title 'Redis, pipeline 64', \
     keyentry with linespoints linecolor '#0072B2' linewidth 2.2 dashtype 2 pointtype 6 pointsize 0.75 title 'Sluice, pipeline 1', \
     keyentry with linespoints linecolor '#D55E00' linewidth 2.2 dashtype 2 pointtype 4 pointsize 1.0 title 'Redis, pipeline 1'
unset multiplot
